// `process.env`, which the engine does not have, and which much code reads.
//
// The engine starts when the function is built, where there are no variables yet. So the object is there
// from the start, empty, and filled at the first invocation.

import { getEnvironment } from "wasi:cli/environment@0.2.0";

let filled = false;

globalThis.process ??= {};
globalThis.process.env ??= {};

export function readEnvironment() {
  if (!filled) {
    Object.assign(process.env, Object.fromEntries(getEnvironment()));
    filled = true;
  }
}
