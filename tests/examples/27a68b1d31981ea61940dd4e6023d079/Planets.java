import java.util.*;

record Planet(String name, double mass) {}

public class Planets {
    public static void main(String[] args) {
        var planets = List.of(new Planet("Mars", 0.107), new Planet("Earth", 1), new Planet("Venus", 0.815));
        planets.stream().sorted(Comparator.comparingDouble(Planet::mass)).forEach(System.out::println);
    }
}
