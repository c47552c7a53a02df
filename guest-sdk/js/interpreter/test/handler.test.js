// How the handler is found that `_HANDLER` names.

import assert from "node:assert/strict";
import test from "node:test";

import { load } from "sparkler-guest/interpreter/runtime/handler.js";
import { withFiles } from "./files.js";

/** What the handler answers that is found. */
async function answered(files, named) {
  let answer;
  await withFiles(files, async (root) => {
    answer = await (await load(named, root))();
  });
  return answer;
}

async function refused(files, named) {
  let error;
  await withFiles(files, async (root) => {
    error = await load(named, root).then(
      () => undefined,
      (thrown) => thrown,
    );
  });
  return `${error.name}: ${error.message}`;
}

test("a handler is in a file of either kind of module, at any depth", async () => {
  const cases = [
    ["index.handler", "index.js", "exports.handler = () => 1"],
    ["index.handler", "index.cjs", "module.exports = { handler: () => 1 }"],
    ["index.handler", "index.mjs", "export const handler = () => 1"],
    ["src/orders.handler", "src/orders.js", "exports.handler = () => 1"],
    ["index.handler", "index.js", 'import "node:path";\nexport const handler = () => 1', '{"type": "module"}'],
    ["index.api.get", "index.js", "exports.api = { get: () => 1 }"],
    ["index.handler", "index.mjs", "const late = await 1; export const handler = () => late"],
  ];
  for (const [named, file, text, manifest = "{}"] of cases) {
    const files = { [file]: text, "package.json": manifest };
    assert.equal(await answered(files, named), 1, `${named} in ${file}`);
  }
});

test("a module that is a function, or whose default export has the handler, is taken for it", async () => {
  const cases = [
    ["index.js", "module.exports = () => 1"],
    ["index.mjs", "export default () => 1"],
    ["index.mjs", "export default { handler: () => 1 }"],
  ];
  for (const [file, text] of cases) {
    assert.equal(await answered({ [file]: text }, "index.handler"), 1, text);
  }
});

test("what cannot be found is told with AWS's name for it", async () => {
  const files = { "index.js": "exports.other = 1; exports.number = 2;" };
  assert.equal(
    await refused(files, "index.handler"),
    "Runtime.HandlerNotFound: index.handler is undefined or not exported",
  );
  assert.equal(await refused(files, "index.number"), "Runtime.HandlerNotFound: index.number is not a function");
  assert.match(await refused(files, "app.handler"), /^Runtime\.ImportModuleError: Error: Cannot find module 'app'/);
  for (const named of ["index", "../index.handler", ".handler"]) {
    assert.match(await refused(files, named), /^Runtime\.MalformedHandlerName: /, named);
  }
});
