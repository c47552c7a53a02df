// Fails in the ways in which a function can, as its event says.

class SoldOut extends Error {
  constructor(item, options) {
    super(`No ${item} is left.`, options);
    this.name = "SoldOut";
  }
}

function sell(item) {
  throw new SoldOut(item);
}

const failures = {
  /** An error with a name of one's own. */
  error: ({ item = "apple" }) => sell(item),
  /** A mistake in the code. */
  mistake: () => null.length,
  /** An error that has a cause. */
  cause: () => {
    try {
      return JSON.parse("{");
    } catch (cause) {
      throw new SoldOut("apple", { cause });
    }
  },
  /** Anything can be thrown, not only errors. */
  text: () => {
    throw "out of apples";
  },
  nothing: () => {
    throw undefined;
  },
  object: () => {
    throw { apples: 0 };
  },
  /** A promise that is rejected. */
  rejection: async () => {
    await null;
    sell("pear");
  },
  /** An answer that is no JSON. */
  answer: () => 10n,
  /** No answer, which is null. */
  none: () => undefined,
  /** Waits for what never comes. */
  forever: () => new Promise(() => {}),
  /** Runs until it is stopped. */
  loop: () => {
    for (;;);
  },
};

export async function handler(event) {
  return failures[event.how](event);
}
