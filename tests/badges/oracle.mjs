// Reads badges from standard input, one JSON object a line, and answers each with what badge-maker draws.
import { createInterface } from "node:readline";
import { makeBadge } from "badge-maker";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(makeBadge(JSON.parse(line))) + "\n");
}
