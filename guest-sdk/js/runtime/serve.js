// Makes an ordinary handler, `async (event, context) => answer`, into the export of the WIT world.

import { readEnvironment } from "./environment.js";
import { contextOf } from "./context.js";
import { failureOf, logged } from "./failure.js";

/**
 * The implementation of `sparkler:function/handler`. `places` leads from the bundle that runs back to the
 * sources: a source map.
 */
export function serve(handler, places) {
  return {
    async handle(event, rawContext) {
      try {
        readEnvironment();
        const context = contextOf(rawContext, process.env);
        const answer = await handler(parsed(event), context);
        return new TextEncoder().encode(JSON.stringify(answer) ?? "null");
      } catch (thrown) {
        const failure = failureOf(thrown, places);
        console.error(logged(failure));
        // The bindings take what is thrown as the error of the call.
        throw failure;
      }
    },
  };
}

function parsed(event) {
  return JSON.parse(new TextDecoder().decode(event));
}
