def answer(): Int = undeclaredThing
