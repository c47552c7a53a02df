// What the component calls: the lifecycle, and one event after another. Nothing here throws: what goes wrong in a
// function is an answer.

import "sparkler-guest/interpreter/runtime/files.js";
import "sparkler-guest/interpreter/runtime/http.js";
import "sparkler-guest/interpreter/runtime/intl.js";
import { contextOf } from "sparkler-guest/interpreter/runtime/context.js";
import { failureOf } from "sparkler-guest/interpreter/runtime/failure.js";
import { load } from "sparkler-guest/interpreter/runtime/handler.js";
import { invoke, settled } from "sparkler-guest/interpreter/runtime/invocation.js";
import * as log from "sparkler-guest/interpreter/runtime/log.js";
import { responseStream, streamsResponse } from "sparkler-guest/interpreter/runtime/streaming.js";
import { watch } from "sparkler-guest/interpreter/runtime/uncaught.js";

export { connect, promiseHook } from "sparkler-guest/interpreter/runtime/async_context.js";

/** The function's handler, once `init` has found it. */
let handler;

/** Imports the module that `_HANDLER` names; variables come from `environment`. */
export async function init(environment) {
  try {
    takeEnvironment(environment);
    log.takeCharge();
    watch();
    process.chdir(process.env.LAMBDA_TASK_ROOT);
    handler = await load(process.env._HANDLER, process.env.LAMBDA_TASK_ROOT);
    return { ok: undefined };
  } catch (thrown) {
    return failed(thrown);
  }
}

/** Takes what is the sandbox's own and not that of the memory that it began from. */
export async function afterRestore(environment) {
  takeEnvironment(environment);
  log.takeCharge();
  return { ok: undefined };
}

/** Whether the handler writes its response piece by piece. */
export function streams() {
  return streamsResponse(handler);
}

/** Answers one event with JSON text. */
export async function handle(event, raw) {
  const context = begin(raw);
  try {
    const answer = await invoke(handler, JSON.parse(event), context);
    return { ok: JSON.stringify(answer) ?? "null" };
  } catch (thrown) {
    return failed(thrown);
  }
}

/** Answers one event by what is written to the response: all at once, where the handler does not stream. */
export async function handleStreaming(event, raw) {
  const stream = responseStream();
  if (!streams()) {
    const answer = await handle(event, raw);
    if (!("ok" in answer)) return answer;
    stream.write(answer.ok);
    await stream.sent();
    return { ok: undefined };
  }
  const context = begin(raw);
  try {
    await settled((resolve, reject) => {
      Promise.resolve(handler(JSON.parse(event), stream, context)).then(resolve, reject);
    });
    await stream.sent();
    return { ok: undefined };
  } catch (thrown) {
    return failed(thrown);
  }
}

function begin(raw) {
  log.begin(raw);
  if (raw.traceId) process.env._X_AMZN_TRACE_ID = raw.traceId;
  return contextOf(raw, process.env);
}

function failed(thrown) {
  // What `process.exit` throws, so that the handler comes to its end.
  if (thrown?.__isProcessExit) return { exit: thrown.code };
  const failure = failureOf(thrown);
  log.failed(failure, thrown);
  return { failure };
}

function takeEnvironment(environment) {
  for (const name of Object.keys(process.env)) {
    if (!(name in environment)) delete process.env[name];
  }
  Object.assign(process.env, environment);
}
