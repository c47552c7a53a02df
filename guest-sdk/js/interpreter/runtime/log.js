// The function's log, in the two forms of AWS Lambda's Node.js.

import { format, inspect } from "node:util";
import { write } from "sparkler:function/log@0.1.0";

/** Levels by their weight; what is below the function's is not written. */
const LEVELS = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, FATAL: 5 };

/** The level of each method of `console`. */
const METHODS = { trace: "TRACE", debug: "DEBUG", info: "INFO", log: "INFO", warn: "WARN", error: "ERROR", fatal: "FATAL" };

/** What the host takes in one call. */
const WRITE_BYTES_MAX = 64 * 1024;

const encoder = new TextEncoder();
const state = { requestId: "", tenantId: undefined, isJson: false, weightMin: 0 };

/** Reads the settings, and puts the methods of `console` in place. */
export function takeCharge() {
  state.isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
  state.weightMin = LEVELS[process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? LEVELS.TRACE;
  for (const [method, level] of Object.entries(METHODS)) {
    console[method] = (...values) => line(level, values);
  }
  console.trace = (...values) => line("TRACE", [tracedFrom(format(...values))]);
}

/** Says which invocation writes from here on. */
export function begin({ requestId, tenantId }) {
  state.requestId = requestId;
  state.tenantId = tenantId;
}

/** Errors that stand in the log already. */
const logged = new WeakSet();

/** Notes that `thrown` stands in the log. */
export function alreadyLogged(thrown) {
  if (Object(thrown) === thrown) logged.add(thrown);
  return thrown;
}

/** Writes what an invocation failed with. */
export function failed(failure, thrown) {
  if (logged.has(thrown)) return;
  const { errorType, errorMessage, trace } = failure;
  if (state.isJson) {
    line("ERROR", [thrown instanceof Error && trace.length ? thrown : { errorType, errorMessage, stackTrace: trace }]);
  } else {
    line("ERROR", [`Invoke Error \t${JSON.stringify({ ...properties(thrown), errorType, errorMessage, stack: trace })}`]);
  }
}

/** Writes one entry. */
export function line(level, values) {
  if (LEVELS[level] < state.weightMin) return;
  const timestamp = new Date().toISOString();
  send(state.isJson ? entryOf(timestamp, level, values) : textOf(timestamp, level, values));
}

function textOf(timestamp, level, values) {
  // A line feed would begin another entry.
  const message = format(...values).replaceAll("\n", "\r");
  return `${timestamp}\t${state.requestId || "undefined"}\t${level}\t${message}`;
}

function entryOf(timestamp, level, values) {
  const entry = { timestamp, level, requestId: state.requestId || undefined, tenantId: state.tenantId };
  if (values.length === 1) return jsonOf({ ...entry, message: values[0] }) ?? jsonOf({ ...entry, message: inspect(values[0]) });
  const error = values.find((value) => value instanceof Error);
  return jsonOf({ ...entry, message: format(...values), ...(error && errorOf(error)) });
}

function jsonOf(entry) {
  try {
    return JSON.stringify(entry, (_, value) => (value instanceof Error ? { ...errorOf(value), ...value } : value));
  } catch {
    return undefined;
  }
}

function errorOf(error) {
  const stackTrace = typeof error.stack === "string" ? error.stack.split("\n") : [];
  return { errorType: error.constructor?.name ?? "UnknownError", errorMessage: error.message, stackTrace };
}

function properties(thrown) {
  return typeof thrown === "object" && thrown !== null ? { ...thrown } : {};
}

function tracedFrom(message) {
  const error = new Error(message);
  error.name = "Trace";
  Error.captureStackTrace?.(error, console.trace);
  return error.stack.startsWith("Trace") ? error.stack : `Trace: ${message}\n${error.stack}`;
}

function send(text) {
  const bytes = encoder.encode(`${text}\n`);
  for (let start = 0; start < bytes.length; start += WRITE_BYTES_MAX) {
    write(bytes.subarray(start, start + WRITE_BYTES_MAX));
  }
}
