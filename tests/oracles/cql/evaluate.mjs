// Reads a JSON array of ELM libraries and writes, as JSON, for each an object of what cql-execution makes of its
// definitions: { name: { result } } or { name: { error } }. Run in the folder whose node_modules holds the package.
import { createRequire } from "node:module";
import { join } from "node:path";
import { cwd, stdin, stdout } from "node:process";

const require = createRequire(join(cwd(), "package.json"));
const cql = require("cql-execution");

function plain(value) {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : { number: String(value) };
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(plain);
  if (value.isUncertainty) return { uncertainty: [plain(value.low), plain(value.high)] };
  if (value.isInterval) {
    const { low, high, lowClosed, highClosed } = value;
    return { low: plain(low), high: plain(high), lowClosed, highClosed };
  }
  if (value.isDate || value.isDateTime) return value.toString();
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}

const now = cql.DateTime.parse("2026-11-22T10:00:00.000+00:00");
const answers = [];
let text = "";
for await (const chunk of stdin.setEncoding("utf8")) text += chunk;
for (const elm of JSON.parse(text)) {
  const library = new cql.Library(elm, new cql.Repository({}));
  const found = {};
  for (const [name, definition] of Object.entries(library.expressions)) {
    const context = new cql.PatientContext(library, null, new cql.CodeService({}), {}, now);
    try {
      found[name] = { result: plain(await definition.execute(context)) };
    } catch (error) {
      found[name] = { error: String(error.message ?? error).slice(0, 200) };
    }
  }
  answers.push(found);
}
stdout.write(JSON.stringify(answers));
