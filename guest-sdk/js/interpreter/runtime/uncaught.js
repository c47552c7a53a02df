// Errors that nobody catches, and rejections that nobody handles: they stand in the log, and fail the invocation that
// runs, as in AWS Lambda's Node.js.

import { failureOf } from "sparkler-guest/interpreter/runtime/failure.js";
import * as log from "sparkler-guest/interpreter/runtime/log.js";

/** Fails the invocation that runs; nothing, while none does. */
let fail = () => {};

class UnhandledPromiseRejection extends Error {
  constructor(reason, promise) {
    super(String(reason));
    this.name = "Runtime.UnhandledPromiseRejection";
    this.reason = reason;
    this.promise = promise;
  }
}

/** Listens for both. */
export function watch() {
  process.on("unhandledRejection", (reason, promise) => {
    told("Unhandled Promise Rejection", new UnhandledPromiseRejection(reason, promise));
  });
  process.on("uncaughtException", (thrown) => told("Uncaught Exception", thrown));
}

/** Has errors fail what runs from here on. */
export function failing(reject) {
  fail = reject;
}

function told(what, thrown) {
  const { errorType, errorMessage, trace } = failureOf(thrown);
  const { reason } = Object(thrown);
  const cause = reason instanceof Error ? { reason: failureOf(reason) } : {};
  log.line("ERROR", [`${what} \t${JSON.stringify({ errorType, errorMessage, ...cause, stack: trace })}`]);
  fail(log.alreadyLogged(thrown));
}
