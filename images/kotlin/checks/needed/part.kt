fun answer() = undeclaredThing
