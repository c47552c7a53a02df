// Source maps, which lead the places of a stack back to other sources: wanted for TypeScript, whose types are gone from
// what runs, and where the function asks for them as in Node. Those of packages stay unread: that takes the engine
// seconds, and says little.

import Module from "node:module";

const TYPESCRIPT = /\.[mc]?ts$/;
const PACKAGES = "/node_modules/";

/** Reads source maps for the function whose handler is in `file`, or none. */
export function chooseSourceMaps(file) {
  const isAsked = (process.env.NODE_OPTIONS ?? "").includes("--enable-source-maps");
  const isWanted = isAsked || TYPESCRIPT.test(file);
  Module.setSourceMapsSupport?.(isWanted);
  if (isWanted && !isAsked) leaveOutPackages();
}

function leaveOutPackages() {
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (source, filename, ...more) {
    if (!String(filename).includes(PACKAGES)) return compile.call(this, source, filename, ...more);
    Module.setSourceMapsSupport(false);
    try {
      return compile.call(this, source, filename, ...more);
    } finally {
      Module.setSourceMapsSupport(true);
    }
  };
}
