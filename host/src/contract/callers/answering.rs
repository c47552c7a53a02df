//! A request that is being answered: until there is its answer, or until that has gone out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http_body::{Body as _, Frame, SizeHint};

use super::connection::{Connection, HAS_HEADERS, IS_LAST, IS_TOLD, IS_UNREAD};
use crate::contract::error::WireError;
use crate::limits::SMALL_HEAD_HEADERS_MAX;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// A request that is being answered.
#[derive(Debug)]
pub(in crate::contract) struct Answering {
    connection: Arc<Connection>,
}

impl Answering {
    pub(super) fn on(connection: Arc<Connection>) -> Self {
        Self { connection }
    }

    /// The answer, as it goes out.
    pub(in crate::contract) fn answered(self, answer: Response) -> Response {
        let is_usual = self.connection.unusual() == 0;
        if is_usual && answer.headers().len() <= SMALL_HEAD_HEADERS_MAX {
            return answer;
        }
        self.answered_unusually(answer)
    }

    /// What belongs to the request is held until its answer has gone out, where its function may still run; and so the
    /// connection is not idle, where something is read of it meanwhile.
    #[cold]
    fn answered_unusually(self, mut answer: Response) -> Response {
        let connection = Arc::clone(&self.connection);
        if answer.headers().len() > SMALL_HEAD_HEADERS_MAX
            && let Err(full) = connection.keep_table(answer.headers())
        {
            answer = WireError::from(full).into_response();
        }
        let unusual = connection.unusual();
        if unusual & IS_LAST != 0 {
            answer.headers_mut().insert(CONNECTION, CLOSE);
        }
        let is_whole = answer.body().size_hint().exact().is_some();
        if unusual & HAS_HEADERS != 0 && is_whole {
            connection.drop_headers();
        }
        if unusual & IS_UNREAD != 0 {
            connection.note(IS_TOLD);
        }
        match unusual & IS_UNREAD != 0 || !is_whole {
            true => answer.map(|body| Body::new(GoingOut { body, of: self })),
            false => answer,
        }
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.connection.has_answered();
    }
}

/// The body of an answer, whose request is being answered until it has gone out.
struct GoingOut {
    body: Body,
    of: Answering,
}

impl Drop for GoingOut {
    fn drop(&mut self) {
        self.of.connection.drop_headers();
    }
}

impl http_body::Body for GoingOut {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::callers::peers::Peers;
    use http::{HeaderName, Request};

    /// A body that comes in pieces, none of which is there yet.
    struct Stream;

    impl http_body::Body for Stream {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Pending
        }
    }

    #[test]
    fn many_headers_are_held_until_a_streamed_answer_has_gone_out() {
        let peers = Peers::default();
        let connection = Connection::new(peers.peer(None), &Arc::default());
        let mut request = Request::new(());
        for number in 0..1_000 {
            let name = HeaderName::try_from(format!("x-{number}")).expect("a name");
            request.headers_mut().insert(name, CLOSE);
        }
        connection.arrived(10_000);
        let answering = connection.begin(&request).expect("there is room");
        let answer = answering.answered(Response::new(Body::new(Stream)));
        assert!(peers.figures().bytes > 100_000);
        drop(answer);
        assert_eq!(peers.figures().bytes, 0);
    }

    #[test]
    fn what_is_read_of_an_unwanted_body_does_not_make_it_idle_while_the_answer_goes_out() {
        let connection = Connection::new(Peers::default().peer(None), &Arc::default());
        connection.arrived(100);
        let answering = connection.begin(&Request::new(())).expect("it is small");
        connection.leaves_unread();
        assert!(!connection.has_told());
        let answer = answering.answered(Response::new("answer".into()));
        connection.waits();
        assert_eq!(connection.idle_since(), None);
        assert!(connection.has_told());
        drop(answer);
        connection.waits();
        assert_eq!(connection.idle_since(), Some(0));
        connection.arrived(100);
        let next = connection.begin(&Request::new(())).expect("it is small");
        assert!(!connection.has_told(), "it has its own answer");
        drop(next.answered(Response::default()));
    }
}
