/** Judges records with the page's verifier: a record a line in, a verdict a line out. Built and run by `make verify-rounds`. */
import { readFileSync } from "node:fs";
import { verify } from "../../src/verify/verify.ts";

const lines = readFileSync(process.argv[2] ?? "/dev/stdin", "utf8").split("\n");
const verdicts = lines.filter((line) => line !== "").map((line) => JSON.stringify(verify(JSON.parse(line))));
process.stdout.write(`${verdicts.join("\n")}\n`);
