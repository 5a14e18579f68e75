Deno.test("adds", () => { if (1 + 1 !== 2) throw new Error("wrong"); });
Deno.test("fails", () => { if (1 + 1 as number !== 3) throw new Error("wrong"); });
