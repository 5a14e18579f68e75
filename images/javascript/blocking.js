// A terminal takes what a program writes at once, but Node hands what it writes to a pipe on later, and
// process.exit() loses the rest. This makes pipes wait as terminals do, once the program first uses them.
"use strict";
for (const name of ["stdout", "stderr"]) {
  const described = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, {
    ...described,
    get() {
      Object.defineProperty(process, name, described);
      const stream = described.get.call(process);
      stream?._handle?.setBlocking?.(true);
      return stream;
    },
  });
}
