// What was thrown, as its caller gets it.

import assert from "node:assert/strict";
import test from "node:test";

import { failureOf, logged } from "../runtime/failure.js";

// The bundle's row 2 begins with what stands in handler.js at 5:3; its column 11 with words.js 1:8.
const places = { sources: ["handler.js", "words.js"], mappings: ";AAIE,UCJK" };

function thrown(stack, more = {}) {
  return Object.assign(new TypeError("no words"), { stack, ...more });
}

test("frames lead to the sources, innermost first, and those around the function are left out", () => {
  const stack = "say@bundle.js:2:14\nasync*handler@/app/bundle.js:2:1\nhandle@runtime/serve.js:9:1\n";
  assert.deepEqual(failureOf(thrown(stack), places), {
    errorType: "TypeError",
    errorMessage: "no words",
    stackTrace: ["at say (words.js:1:8)", "at async handler (handler.js:5:3)"],
  });
});

test("a place that is in no source is that of the bundle", () => {
  const { stackTrace } = failureOf(thrown("@bundle.js:1:7"), places);
  assert.deepEqual(stackTrace, ["at bundle.js:1:7"]);
});

test("what caused an error follows it, also where causes form a ring", () => {
  const error = thrown("");
  error.cause = thrown("look@bundle.js:2:1", { cause: error });
  const { stackTrace } = failureOf(error, places);
  assert.deepEqual(stackTrace.slice(0, 2), [
    "Caused by: TypeError: no words",
    "at look (handler.js:5:3)",
  ]);
  assert.ok(stackTrace.length < 20);
});

test("what is no error is told by its type and its text, as in AWS", () => {
  for (const [value, errorType, errorMessage] of [
    ["out", "string", "out"],
    [undefined, "undefined", "undefined"],
    [null, "object", "null"],
    [{}, "object", "[object Object]"],
    [Object.create(null), "object", "an error that cannot be shown"],
    [Symbol("s"), "symbol", "Symbol(s)"],
  ]) {
    assert.deepEqual(failureOf(value, places), { errorType, errorMessage, stackTrace: [] });
  }
});

test("the log has the failure as Node would print it", () => {
  const failure = { errorType: "A", errorMessage: "b", stackTrace: ["at c (d.js:1:2)"] };
  assert.equal(logged(failure), "A: b\n    at c (d.js:1:2)");
});
