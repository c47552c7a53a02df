// Greets who is named.

import { greeting } from "./greeting.js";

/** Why nobody was greeted. Its name is the errorType that the caller sees. */
class EmptyName extends Error {
  name = "EmptyName";
}

export async function handler(event, context) {
  const { name, sleep_ms: pause = 0 } = event;
  console.log(`greeting "${name}", ${context.getRemainingTimeInMillis()} ms before the deadline`);
  await new Promise((done) => setTimeout(done, pause));
  if (!name) {
    throw new EmptyName(
      'There is nobody to greet: `name` is empty. Send one, such as {"name": "Ada"}.',
    );
  }
  return { message: greeting(name) };
}
