// Which file asks for a module: the engine's errors do not say it of modules that are imported.

import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";

/** Files that are looked into at most; a function that cannot be loaded is to fail soon. */
const FILES_MAX = 2000;

/** `from "x"`, `import "x"`, `import("x")` and `require("x")`. */
const REQUEST = /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*["']([^"'\n]+)["']/g;

/** The first file, from `file` on, that asks for `name`. */
export function importerOf(name, file) {
  const seen = new Set([file]);
  for (const path of seen) {
    for (const request of requestsIn(path)) {
      if (request === name) return path;
      const next = resolved(request, path);
      if (next && seen.size < FILES_MAX) seen.add(next);
    }
  }
  return undefined;
}

function requestsIn(path) {
  try {
    return [...readFileSync(path, "utf8").matchAll(REQUEST)].map(([, request]) => request);
  } catch {
    return [];
  }
}

/** The file that `request` means in `path`; nothing for Node's own modules, and where there is none. */
function resolved(request, path) {
  try {
    const found = createRequire(path).resolve(request);
    return statSync(found).isFile() ? found : undefined;
  } catch {
    return undefined;
  }
}
