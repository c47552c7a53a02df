// `AsyncLocalStorage` across `await`.
//
// The engine resumes an async function without a call that JavaScript could see. What it does do, at the `await`, is ask
// the promise for its constructor: then a reaction is put right before the one that resumes, and it sets the context of
// now again. Of what is no promise the engine makes one, and tells when it is made, and fulfilled (`promiseHook`).
// Callbacks of promises and timers carry their context already; they ask the one storage below for it.

import asyncHooks, { AsyncLocalStorage as Registered } from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";

/** What all storages hold now: a map that is never changed, or nothing before the first is used. */
let current;

/** Whether there is any storage; until then, an `await` costs next to nothing more. */
let isUsed = false;

/** Tells the engine that there is one. */
let tellUsed = () => {};

/** What was current where a promise was made. */
const made = new WeakMap();

/** What was current before the engine called a thenable, innermost last. */
const interrupted = [];

/** The place at which the library's own callbacks take the context up, and give it back. */
const carrier = new Registered();
carrier.getStore = () => current;
carrier.run = (context, callback, ...values) => within(context, callback, values);

class AsyncLocalStorage {
  constructor() {
    isUsed = true;
    tellUsed();
  }

  getStore() {
    return current?.get(this);
  }

  run(store, callback, ...values) {
    return within(new Map(current).set(this, store), callback, values);
  }

  exit(callback, ...values) {
    return this.run(undefined, callback, ...values);
  }

  enterWith(store) {
    current = new Map(current).set(this, store);
  }

  disable() {
    this.enterWith(undefined);
  }

  static bind(callback) {
    const context = current;
    return function (...values) {
      return within(context, () => callback.apply(this, values), []);
    };
  }

  static snapshot() {
    const context = current;
    return (callback, ...values) => within(context, callback, values);
  }
}

function within(context, callback, values) {
  const before = current;
  current = context;
  try {
    return callback(...values);
  } finally {
    current = before;
  }
}

let isNoting = false;

/** Has the context of now set again right before what is next hung on `promise`. */
function note(promise) {
  if (!isUsed || isNoting) return;
  isNoting = true;
  try {
    setAfter(promise, current);
  } finally {
    isNoting = false;
  }
}

/** Gives the function to call when the first storage is made: from then on, `promiseHook` is called. */
export function connect(tell) {
  tellUsed = tell;
  if (isUsed) tell();
}

/** What the engine tells of promises. */
export function promiseHook(kind, promise) {
  if (kind === "init") made.set(promise, current);
  else if (kind === "resolve") setNext(made.get(promise));
  else if (kind === "before") enter(promise);
  else current = interrupted.pop();
}

function enter(promise) {
  interrupted.push(current);
  current = made.get(promise);
}

/** Sets the context ahead of the reactions that are about to be put into the queue. */
function setNext(context) {
  queueMicrotask(() => {
    current = context;
  });
}

/** Runs up to its `await` at once, which is what hangs the first reaction on the promise. */
async function setAfter(promise, context) {
  try {
    await promise;
  } catch {
    // Whoever awaits it is told.
  }
  current = context;
}

Object.defineProperty(Promise.prototype, "constructor", {
  configurable: true,
  enumerable: false,
  get() {
    if (this !== Promise.prototype) note(this);
    return Promise;
  },
  set(value) {
    Object.defineProperty(this, "constructor", { value, writable: true, configurable: true, enumerable: true });
  },
});

asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
syncBuiltinESMExports();
