int main () {
    var words = new Gee.HashMap<string, int> ();
    words["one"] = 1;
    foreach (var entry in words.entries) {
        print ("%s %d %.1f\n", entry.key, entry.value, Math.sqrt (4));
    }
    print ("%s %s\n", File.new_for_path ("/sandbox/a").get_basename (), Posix.getpid () > 0 ? "runs" : "");
    return 0;
}
