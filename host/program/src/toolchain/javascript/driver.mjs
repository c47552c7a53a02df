// Makes a component of a function in JavaScript: bundles what belongs to it, then has componentize-js
// start the engine with it and keep what is in memory then.
//
// Called as `node driver.mjs TOOLS FUNCTION MAIN WORK OUTPUT`, all of them paths; MAIN is the file of
// FUNCTION that exports the handler, and the current folder is WORK.

import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

const [tools, folder, main, work, output] = process.argv.slice(2);

const tool = (path) => import(pathToFileURL(join(tools, "node_modules", path)));

async function bundle() {
  const { default: esbuild } = await tool("esbuild/lib/main.js");
  try {
    const built = await esbuild.build({
      absWorkingDir: folder,
      entryPoints: [main],
      outfile: join(work, "bundle.js"),
      bundle: true,
      format: "esm",
      platform: "neutral",
      mainFields: ["module", "main"],
      conditions: ["import", "module"],
      target: "es2024",
      define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
      external: ["wasi:*", "sparkler:*"],
      sourcemap: "external",
      sourcesContent: false,
      metafile: true,
      logLevel: "silent",
    });
    const warnings = await esbuild.formatMessages(built.warnings, { kind: "warning" });
    warnings.forEach((warning) => console.log(warning));
    return { output: Object.values(built.metafile.outputs).find((file) => file.entryPoint) };
  } catch (error) {
    if (!error.errors) throw error;
    const messages = await esbuild.formatMessages(error.errors, { kind: "error" });
    return { problem: messages.join("") };
  }
}

/** The map without what finding a place does not need; its paths are those of the function. */
async function writePlaces() {
  const { readFile } = await import("node:fs/promises");
  const map = JSON.parse(await readFile(join(work, "bundle.js.map"), "utf8"));
  const sources = map.sources.map((source) => relative(folder, join(work, source)));
  const places = JSON.stringify({ sources, mappings: map.mappings });
  await writeFile(join(work, "places.js"), `export default ${places};\n`);
}

async function component() {
  const { componentize } = await tool("@bytecodealliance/componentize-js/src/componentize.js");
  const made = await componentize({
    sourcePath: "entry.js",
    witPath: "wit",
    worldName: "function",
    // A function is called through its handler, and not as a server for HTTP.
    disableFeatures: ["fetch-event"],
  });
  return made.component;
}

console.log(`Bundling ${main}`);
const bundled = await bundle();
if (bundled.problem) fail(bundled.problem);
if (!bundled.output.exports.includes("handler")) {
  fail(`${main} exports no \`handler\`. Begin it with: export async function handler(event, context) {`);
}
await writePlaces();
console.log("Starting the engine with it");
try {
  await writeFile(output, await component());
} catch (error) {
  fail(error.message);
}

function fail(text) {
  console.error(text.trimEnd());
  process.exit(1);
}
