async int later (int value) {
    Timeout.add (10, () => {
        later.callback ();
        return Source.REMOVE;
    });
    yield;
    return value * 2;
}

void main () {
    var loop = new MainLoop ();
    later.begin (21, (object, result) => {
        print ("%d\n", later.end (result));
        loop.quit ();
    });
    loop.run ();
}
