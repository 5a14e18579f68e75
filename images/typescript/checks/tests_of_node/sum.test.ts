import test from "node:test";
import assert from "node:assert";
const sum = (a: number, b: number): number => a + b;
test("adds", () => { assert.equal(sum(1, 1), 2); });
test("fails", () => { assert.equal(sum(1, 1), 3); });
