//! The one handler.

use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use wasip2::io::streams::StreamError;

wasip2::http::proxy::export!(Echo);

struct Echo;

/// The most that is read at once.
const PIECE_BYTES: u64 = 64 * 1024;

/// The most that WASI takes in one call that waits.
const WRITE_BYTES: usize = 4096;

impl Guest for Echo {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let body = received(&request);
        // With its length known, a response is one piece for whoever sends it on.
        let length = body.len().to_string().into_bytes();
        let fields = Fields::new();
        fields
            .append("content-length", &length)
            .expect("a header that may be set");
        let response = OutgoingResponse::new(fields);
        let outgoing = response.body().expect("the body of the response");
        ResponseOutparam::set(out, Ok(response));
        let output = outgoing.write().expect("its stream");
        for chunk in body.chunks(WRITE_BYTES) {
            if output.blocking_write_and_flush(chunk).is_err() {
                // Whoever asked has left.
                return;
            }
        }
        drop(output);
        // The same holds here: there is nobody to tell.
        let _ = OutgoingBody::finish(outgoing, None);
    }
}

fn received(request: &IncomingRequest) -> Vec<u8> {
    let incoming = request.consume().expect("the body of the request");
    let input = incoming.stream().expect("its stream");
    let mut body = Vec::new();
    loop {
        match input.blocking_read(PIECE_BYTES) {
            Ok(piece) if body.is_empty() => body = piece,
            Ok(piece) => body.extend(piece),
            Err(StreamError::Closed) => return body,
            Err(error) => panic!("the request broke off: {error}"),
        }
    }
}
