const test = require("node:test");
const assert = require("node:assert");

test("well", () => assert.equal(1 + 1, 2));
test("wrong", () => assert.equal(1 + 1, 3));
