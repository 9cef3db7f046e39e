// A runner for V8: node --expose-gc engines/node/runner.mjs
// and for JavaScriptCore: bun engines/node/runner.mjs
// It speaks the protocol of docs/engines.md: a request a line, an answer a line.
import { createInterface } from "node:readline";
import { writeSync } from "node:fs";

// Written at once, so that nothing is lost if the engine ends the process.
const say = line => writeSync(1, line + "\n");
// A full collection takes milliseconds, and a case may ask for hundreds: most are of the young generation.
let collections = 0;
const collect = typeof Bun !== "undefined"
  ? () => { if (collections++ % 16 === 0) Bun.gc(true); }
  : typeof gc === "function"
  ? () => { gc({ type: collections++ % 16 === 0 ? "major" : "minor" }); }
  : () => {};

function number(value) {
  return typeof value === "bigint"
    ? { i64: "0x" + BigInt.asUintN(64, value).toString(16) }
    : { i32: "0x" + (value >>> 0).toString(16) };
}

function ended(call) {
  try {
    const results = call();
    const all = results === undefined ? [] : Array.isArray(results) ? results : [results];
    return { returns: all.map(number) };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return { traps: error.message };
    if (error instanceof WebAssembly.Exception) return { throws: true };
    throw error;
  }
}

function run({ module: hex, calls }) {
  const module = new WebAssembly.Module(Buffer.from(hex, "hex"));
  let instance;
  const instantiation = ended(() => {
    instance = new WebAssembly.Instance(module, { wasmtime: { gc: collect } });
  });
  const made = instance ? calls.map(name => ended(instance.exports[name])) : [];
  return { instantiation, calls: made };
}

// A feature that the engine lacks, or a limit that a case does not have: of the stack, or of memory.
const isLimit = error => error instanceof WebAssembly.CompileError || error instanceof RangeError;

function answer(request) {
  try {
    return run(request);
  } catch (error) {
    if (isLimit(error)) return { refused: String(error.message) };
    throw error;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  say(`start ${request.case}`);
  collections = 0;
  say(JSON.stringify({ case: request.case, ...answer(request) }));
}
