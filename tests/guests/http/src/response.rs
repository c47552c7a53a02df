//! A response on its way.

use wasip2::http::types::{ErrorCode, Fields, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasip2::io::streams::OutputStream;

/// A response whose head is out.
pub(crate) struct Response {
    // A body goes after the stream into it.
    stream: Option<OutputStream>,
    body: OutgoingBody,
}

impl Response {
    /// Sends the head.
    pub(crate) fn begin(out: ResponseOutparam, status: u16, headers: &[(&str, &str)]) -> Self {
        let fields = Fields::new();
        for (name, value) in headers {
            fields
                .append(name, value.as_bytes())
                .expect("a header that may be set");
        }
        Self::with(out, status, fields)
    }

    /// Sends a head whose headers need not be text.
    pub(crate) fn with(out: ResponseOutparam, status: u16, fields: Fields) -> Self {
        let response = OutgoingResponse::new(fields);
        response.set_status_code(status).expect("a status");
        let body = response.body().expect("a body");
        ResponseOutparam::set(out, Ok(response));
        let stream = Some(body.write().expect("the stream of a body"));
        Self { stream, body }
    }

    /// Writes all of it, as there is room.
    pub(crate) fn write(&self, bytes: &[u8]) {
        let stream = self.stream.as_ref().expect("an open stream");
        for piece in bytes.chunks(4096) {
            stream
                .blocking_write_and_flush(piece)
                .expect("somebody who reads");
        }
    }

    /// Writes what may be too much.
    pub(crate) fn try_write(&self, bytes: &[u8]) -> bool {
        let stream = self.stream.as_ref().expect("an open stream");
        stream.blocking_write_and_flush(bytes).is_ok()
    }

    pub(crate) fn finish(self, trailers: Option<Fields>) -> Result<(), ErrorCode> {
        drop(self.stream);
        OutgoingBody::finish(self.body, trailers)
    }

    /// Leaves the body open when the guest ends.
    pub(crate) fn leak(self) {
        std::mem::forget(self.stream);
        std::mem::forget(self.body);
    }
}
