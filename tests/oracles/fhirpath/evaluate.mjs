// Reads one JSON object a line, { resource, expression }, and writes what fhirpath.js makes of it:
// { result: [...] } or { error: "..." }.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const fhirpath = require("fhirpath");
const r4 = require("fhirpath/fhir-context/r4");

const plain = (_key, value) =>
  value !== null && typeof value === "object" && value.constructor?.name?.startsWith("FP_") ? value.toString() : value;

for await (const line of createInterface({ input: process.stdin })) {
  const { resource, expression } = JSON.parse(line);
  let answer;
  try {
    const variables = { resource, rootResource: resource };
    answer = { result: fhirpath.evaluate(resource, expression, variables, r4, { traceFn: () => {} }) };
  } catch (error) {
    answer = { error: String(error.message ?? error).slice(0, 200) };
  }
  process.stdout.write(JSON.stringify(answer, plain) + "\n");
}
