public class Part {
    int answer() {
        return undeclaredThing;
    }
}
