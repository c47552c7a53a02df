// What was thrown, as the caller of a function gets it, and what is said of a module that is missing.

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";

import { failureOf, importError } from "sparkler-guest/interpreter/runtime/failure.js";
import { withFiles } from "./files.js";

function missing(message) {
  return Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" });
}

test("the trace begins with the error, and leaves out what stands around the function", () => {
  const error = Object.assign(new RangeError("too far"), {
    stack: "    at go (/var/task/index.js:3:9)\n    at invoke (sparkler-guest/interpreter/runtime/invocation.js:9:1)\n",
  });
  assert.deepEqual(failureOf(error), {
    errorType: "RangeError",
    errorMessage: "too far",
    trace: ["RangeError: too far", "    at go (/var/task/index.js:3:9)"],
  });
});

test("what is no error is told by its type", () => {
  assert.deepEqual(failureOf("no"), { errorType: "string", errorMessage: "no", trace: [] });
  assert.deepEqual(failureOf({ code: 7 }), { errorType: "object", errorMessage: '{"code":7}', trace: [] });
  assert.equal(failureOf(undefined).errorMessage, "undefined");
});

test("a missing module is told with the package that asks for it", () => {
  const files = {
    "index.mjs": 'import "asking";',
    "node_modules/asking/package.json": '{"main": "lib/main.js"}',
    "node_modules/asking/lib/main.js": 'const pad = require("@some/pad/left");',
  };
  return withFiles(files, (root) => {
    const error = importError(missing("Cannot find module '@some/pad/left'"), join(root, "index.mjs"), root);
    assert.equal(error.name, "Runtime.ImportModuleError");
    assert.equal(
      error.message,
      "Error: Cannot find module '@some/pad/left', which the package asking (node_modules/asking/lib/main.js) asks for: " +
        "put it into the function's package, for example with `npm install @some/pad`",
    );
  });
});

test("a file of the function's own that is missing is told with the file that asks for it", () => {
  return withFiles({ "src/orders.js": 'const { total } = require("./totals");' }, (root) => {
    const error = importError(missing("Cannot find module './totals'"), join(root, "src/orders.js"), root);
    assert.equal(
      error.message,
      "Error: Cannot find module './totals', which src/orders.js asks for: the function's package has no such file",
    );
  });
});

test("an error of the module itself stays what it is", () => {
  const error = new TypeError("no table");
  assert.equal(importError(error, "/var/task/index.js", "/var/task"), error);
});

test("a syntax error has AWS's name for it", () => {
  const thrown = new SyntaxError("unexpected token ';'");
  thrown.stack = "    at /var/task/index.js:2:13\n";
  const error = importError(thrown, "/var/task/index.js", "/var/task");
  assert.equal(error.name, "Runtime.UserCodeSyntaxError");
  assert.equal(error.message, "SyntaxError: unexpected token ';' (index.js:2)");
});
