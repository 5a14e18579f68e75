package model;

class User {
    final name:String;
    public function new(name) this.name = name;
    public function hello() return 'hello $name, ${Helper.twice(21)}';
}
