import std;

int main() {
    std::println("{}", 42);
}
