// Finds the handler that `_HANDLER` names, as AWS Lambda's Node.js does: `index.handler`, `src/orders.handler`.

import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InitError, importError } from "sparkler-guest/interpreter/runtime/failure.js";
import { chooseSourceMaps } from "sparkler-guest/interpreter/runtime/source_maps.js";

/** Files that a module may be, in the order in which they are looked for. */
const EXTENSIONS = ["", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/** The function that `named` means below the folder `root`. */
export async function load(named, root) {
  const { module, path } = parsed(named);
  const file = fileOf(resolve(root, module), root, module);
  chooseSourceMaps(file);
  let exported;
  try {
    exported = await imported(file);
  } catch (thrown) {
    throw importError(thrown, file, root);
  }
  return handlerIn(exported, path, named);
}

/** The module and the names in it: all up to the first dot of the last part, and what follows. */
function parsed(named) {
  const folder = dirname(named);
  const [, file, path] = /^([^.]+)\.(.+)$/.exec(basename(named)) ?? [];
  if (named.includes("..") || !file) {
    throw new InitError(
      "Runtime.MalformedHandlerName",
      `'${named}' is not a valid handler name: it is FILE.EXPORT, such as index.handler or src/orders.handler`,
    );
  }
  return { module: join(folder, file), path };
}

function fileOf(place, root, module) {
  const found = EXTENSIONS.map((extension) => place + extension).find(isFile);
  if (found) return found;
  try {
    // A folder with an index, or a package.
    return createRequire(join(root, "index.js")).resolve(place);
  } catch {
    throw new InitError(
      "Runtime.ImportModuleError",
      `Error: Cannot find module '${module}': the package has no ${module}.js, .mjs, .cjs or .ts. ` +
        "The part of Handler before the dot names the file",
    );
  }
}

function isFile(path) {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** What a file exports, whichever kind of module it is. */
async function imported(file) {
  if (looksLikeModule(file)) return import(pathToFileURL(file).href);
  try {
    return createRequire(file)(file);
  } catch (thrown) {
    // A module that waits at its top can only be imported.
    if (thrown?.code === "ERR_REQUIRE_ASYNC_MODULE") return import(pathToFileURL(file).href);
    throw thrown;
  }
}

/** Whether to import a file rather than to require it. Both work with both kinds, and are quick with their own. */
function looksLikeModule(file) {
  if (/\.m[jt]s$/.test(file)) return true;
  if (/\.c[jt]s$/.test(file)) return false;
  return /^\s*(?:import|export)\b\s*[^(.=\s]/m.test(readFileSync(file, "utf8"));
}

/** `a.b` in what was exported, or in its default export. */
function handlerIn(exported, path, named) {
  const found = [exported, exported?.default].map((value) => valueAt(value, path)).find((value) => value !== undefined);
  const handler = found ?? onlyExport(exported);
  if (typeof handler === "function") return handler;
  const why = handler === undefined ? "is undefined or not exported" : "is not a function";
  throw new InitError("Runtime.HandlerNotFound", `${named} ${why}`);
}

function valueAt(value, path) {
  return path.split(".").reduce((inner, name) => inner?.[name], value);
}

/** A module that is a function by itself: `module.exports = async (event) => …`, `export default …`. */
function onlyExport(exported) {
  return [exported, exported?.default].find((value) => typeof value === "function");
}
