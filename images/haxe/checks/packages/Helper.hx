class Helper {
    public static function twice(n:Int) return n * 2;
}
