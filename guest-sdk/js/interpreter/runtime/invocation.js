// Calls a handler: one that is async, one that answers by itself, or one that takes a callback.

import { failing } from "sparkler-guest/interpreter/runtime/uncaught.js";

/** What `handler` answers for `event`. */
export function invoke(handler, event, context) {
  return settled((resolve, reject, hold) => {
    const settle = settler(context, hold, resolve, reject);
    Object.assign(context, legacyMethods(settle));
    const answer = handler(event, context, settle);
    if (typeof answer?.then === "function") {
      Promise.resolve(answer).then(resolve, reject);
    } else if (answer !== undefined && handler.length < 3) {
      resolve(answer);
    }
  });
}

/** What `begin` settles, or says by `hold` that it will; nothing, where all has ended that was to settle it. */
export function settled(begin) {
  return new Promise((resolve, reject) => {
    let isHeld = false;
    failing(reject);
    begin(resolve, reject, () => {
      isHeld = true;
    });
    whenIdle().then(() => isHeld || resolve(null));
  });
}

/** The callback: the answer goes out when all else that was begun has ended, unless the handler does not want that. */
function settler(context, hold, resolve, reject) {
  return (error, answer) => {
    hold();
    const finish = () => (error ? reject(error) : resolve(answer));
    if (context.callbackWaitsForEmptyEventLoop) whenIdle().then(finish);
    else finish();
  };
}

/** How handlers answered before there were callbacks. */
function legacyMethods(settle) {
  return {
    done: settle,
    succeed: (answer) => settle(null, answer),
    fail: (error) => settle(error ?? new Error("handled")),
  };
}

function whenIdle() {
  return process._awaitRuntimeIdle();
}
