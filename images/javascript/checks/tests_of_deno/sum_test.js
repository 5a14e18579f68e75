Deno.test("adds", () => { if (1 + 1 !== 2) throw new Error("wrong"); });
Deno.test("fails", () => { if (1 + 1 !== 3) throw new Error("wrong"); });
