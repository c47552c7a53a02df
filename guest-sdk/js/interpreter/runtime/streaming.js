// `awslambda`, with which a handler streams its response.

import { Writable } from "node:stream";
import { write } from "sparkler:function/response@0.1.0";

/** Marks handlers that `streamifyResponse` made. */
const STREAMS = Symbol("sparkler.streams");

/** Stands between the head of an HTTP response and its body. */
const HEAD_END = new Uint8Array(8);

globalThis.awslambda = {
  streamifyResponse(handler) {
    const marked = (...values) => handler(...values);
    return Object.assign(marked, { [STREAMS]: true });
  },
  HttpResponseStream: {
    from(stream, head) {
      stream.write(JSON.stringify(head));
      stream.write(HEAD_END);
      return stream;
    },
  },
};

export function streamsResponse(handler) {
  return handler?.[STREAMS] === true;
}

/** The response of this invocation, as the stream that a handler gets. */
export function responseStream() {
  const stream = new Writable({
    write(chunk, _encoding, done) {
      try {
        write(chunk);
        done();
      } catch (error) {
        done(new Error(`the response cannot be written: ${error?.message ?? error}`));
      }
    },
  });
  const sent = new Promise((resolve, reject) => stream.once("finish", resolve).once("error", reject));
  // An error that nobody waits for yet is not one that nobody handles.
  sent.catch(() => {});
  return Object.assign(stream, {
    setContentType: (type) => awslambda.HttpResponseStream.from(stream, { headers: { "content-type": type } }),
    sent() {
      stream.end();
      return sent;
    },
  });
}
