// What was thrown, as the error that the caller gets: AWS's form for Node.js.

import { importerOf } from "sparkler-guest/interpreter/runtime/importer.js";

/** Codes of what a module asks for and does not get. */
const MISSING = [
  "MODULE_NOT_FOUND",
  "ERR_MODULE_NOT_FOUND",
  "ERR_UNKNOWN_BUILTIN_MODULE",
  "ERR_PACKAGE_PATH_NOT_EXPORTED",
];

/** A function that cannot be loaded, with the name that AWS gives the reason. */
export class InitError extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
    this.stack = "";
  }
}

/** `errorType`, `errorMessage` and `trace` of anything that can be thrown. */
export function failureOf(thrown) {
  if (!isError(thrown)) {
    return { errorType: typeof thrown, errorMessage: shown(thrown), trace: [] };
  }
  return {
    errorType: textOf(thrown.name ?? "Error"),
    errorMessage: textOf(thrown.message),
    trace: traceOf(thrown),
  };
}

/** What went wrong while the function's module was imported, with AWS's names for it. */
export function importError(thrown, file, root) {
  if (MISSING.includes(thrown?.code)) {
    return new InitError("Runtime.ImportModuleError", missingModule(thrown, file, root));
  }
  if (thrown?.code === "ERR_DLOPEN_FAILED") {
    return new InitError("Runtime.ImportModuleError", `Error: ${textOf(thrown.message)}`);
  }
  if (thrown instanceof SyntaxError) {
    const error = new InitError("Runtime.UserCodeSyntaxError", `SyntaxError: ${thrown.message}${placeIn(thrown)}`);
    error.stack = thrown.stack;
    return error;
  }
  return thrown;
}

export function isError(thrown) {
  return (
    thrown instanceof Error ||
    (typeof thrown === "object" && thrown !== null && "message" in thrown && "name" in thrown)
  );
}

/** The stack as Node writes it: the error in the first line, its frames below. */
export function traceOf(error) {
  const stack = textOf(error.stack ?? "");
  if (!stack) return [];
  const frames = stack.split("\n").filter((line) => line.trim() && !isOfRuntime(line));
  const isWhole = !/^\s*at /.test(frames[0] ?? "    at ");
  return isWhole ? frames : [`${textOf(error.name)}: ${textOf(error.message)}`, ...frames];
}

/** Frames of what stands around the function's code say nothing to its author. */
function isOfRuntime(line) {
  return line.includes("sparkler-guest/interpreter/") || line.includes("__wasm_rquickjs");
}

/** One sentence: what is missing, who asks for it, and what to do. */
function missingModule(thrown, file, root) {
  const message = textOf(thrown.message);
  const [, name] = /(?:(?:module|package) '|module: )([^'\s]+)/.exec(message) ?? [];
  if (!name) return `Error: ${message.split("\n")[0]}`;
  const importer = thrown.requireStack?.[0] ?? importerOf(name, file);
  const asks = importer ? `, which ${askerOf(importer, root)} asks for` : "";
  return `Error: Cannot find module '${nameIn(name, root)}'${asks}: ${remedyFor(name)}`;
}

function askerOf(importer, root) {
  const place = nameIn(importer, root);
  const [, owner] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place) ?? [];
  return owner ? `the package ${owner} (${place})` : place;
}

function nameIn(name, root) {
  const path = name.replace(/^file:\/\//, "");
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : name;
}

function remedyFor(name) {
  if (name.startsWith("node:")) return "Sparkler does not have this module of Node";
  if (/^(\.{0,2}\/|file:)/.test(name)) return "the function's package has no such file";
  const [, package_] = /^((?:@[^/]+\/)?[^/]+)/.exec(name);
  return `put it into the function's package, for example with \`npm install ${package_}\``;
}

/** ` (orders.js:3)`, where the engine knows the place of a syntax error. */
function placeIn(error) {
  const [, place] = /at (?:.*\()?(?:file:\/\/)?(?:\/var\/task\/)?([^()\n]+?:\d+)(?::\d+)?\)?$/m.exec(error.stack ?? "") ?? [];
  return place && !error.message.includes(place) ? ` (${place})` : "";
}

function shown(value) {
  const text = typeof value === "object" ? JSON.stringify(value) : undefined;
  return text ?? textOf(value);
}

function textOf(value) {
  try {
    return String(value);
  } catch {
    return "an error that cannot be shown";
  }
}
