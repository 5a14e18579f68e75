package app;
import model.User;

class Main {
    static function main() Sys.println(new User("wörld").hello());
}
