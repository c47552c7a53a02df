// Where the component begins: the runtime first, so that what it makes is there for the function's code.

import { serve } from "./runtime/serve.js";
import * as functions from "./bundle.js";
import places from "./places.js";

export const handler = serve(functions.handler, places);
