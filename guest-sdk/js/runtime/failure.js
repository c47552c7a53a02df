// What was thrown, as the error that the caller gets: AWS's form for Node.js.

import { sourceOf } from "./source_map.js";

/** The file that all of a function's own code was bundled into. */
const BUNDLE = "bundle.js";

/** The WIT record `function-error` of anything that can be thrown. */
export function failureOf(thrown, places) {
  if (!isError(thrown)) {
    return { errorType: typeof thrown, errorMessage: textOf(thrown), stackTrace: [] };
  }
  return {
    errorType: textOf(thrown.name),
    errorMessage: textOf(thrown.message),
    stackTrace: traceOf(thrown, places),
  };
}

/** How a failure stands in the log. */
export function logged(failure) {
  const first = `${failure.errorType}: ${failure.errorMessage}`;
  return [first, ...failure.stackTrace.map((frame) => `    ${frame}`)].join("\n");
}

function isError(thrown) {
  return (
    thrown instanceof Error ||
    (typeof thrown === "object" && thrown !== null && "message" in thrown && "name" in thrown)
  );
}

/** Frames of the function's own code, innermost first, then those of what caused the error. */
function traceOf(error, places, depth = 0) {
  const frames = String(error.stack ?? "")
    .split("\n")
    .map((line) => frameOf(line, places))
    .filter((frame) => frame !== undefined);
  if (depth < 8 && isError(error.cause)) {
    const { name, message } = error.cause;
    frames.push(`Caused by: ${textOf(name)}: ${textOf(message)}`);
    frames.push(...traceOf(error.cause, places, depth + 1));
  }
  return frames;
}

/**
 * `greet@bundle.js:3:9`, as this engine writes a frame, becomes `at greet (handler.js:2:5)`. Frames of
 * what stands around the function's code say nothing to its author and are left out.
 */
function frameOf(line, places) {
  const parts = /^(.*)@(.*?):(\d+):(\d+)$/.exec(line);
  if (!parts) return undefined;
  const [, name, file, row, column] = parts;
  if (file !== BUNDLE && !file.endsWith(`/${BUNDLE}`)) return undefined;
  const place = sourceOf(places, Number(row), Number(column)) ?? `${file}:${row}:${column}`;
  const called = name.replace(/^async\*/, "async ").replace(/[/<]+$/, "");
  return called.trim() ? `at ${called} (${place})` : `at ${place}`;
}

function textOf(value) {
  try {
    return String(value);
  } catch {
    return "an error that cannot be shown";
  }
}
