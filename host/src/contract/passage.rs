//! A request on its way through the door: what is known of it before anything is done for it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{Extensions, HeaderValue};

use super::callers::PeerAddress;
use super::error::WireError;
use super::forwarded::{Caller, TrustedProxies};
use super::headers::REQUEST_ID;
use super::operations::Operation;
use super::protocol::Protocol;
use crate::domain::RequestId;
use crate::domain::audit::{Actor, Cause};

/// What every step behind the door may ask about a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    /// What it asks for; `None` where that is no operation of this host.
    pub(super) operation: Option<Operation>,
    /// In which form it is asked for, and answered.
    pub(super) protocol: Protocol,
    /// The id that its answer, its log and its function carry.
    pub(super) id: RequestId,
    /// Who sends it.
    pub(super) caller: Caller,
}

impl Passage {
    /// The passage of a request under the id that its caller chose, or under a new one. `connected` is who is at
    /// the other end of the connection; another server than ours may have accepted that, and have said so.
    ///
    /// The second value is an error where the caller chose what cannot be an id.
    pub(super) fn of(
        operation: Option<Operation>,
        connected: Caller,
        proxies: &TrustedProxies,
        request: &Parts,
    ) -> (Self, Result<(), WireError>) {
        let chosen = match operation.is_some_and(Operation::invokes) {
            true => chosen_id(request.headers.get(REQUEST_ID)),
            false => Ok(None),
        };
        let (id, problem) = match chosen {
            Ok(id) => (id, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let connected = Caller {
            address: connected.address.or_else(|| peer_told(request)),
            ..connected
        };
        let passage = Self {
            operation,
            protocol: Protocol::of(operation, request),
            id: id.unwrap_or_else(RequestId::random),
            caller: proxies.caller(connected, &request.headers),
        };
        (passage, problem)
    }

    /// Who takes turns with others: the peer that sends it, where that is known.
    pub(super) fn sender(&self) -> Option<IpAddr> {
        let address = self.caller.address;
        address.map(|address| PeerAddress::of(address).0)
    }

    /// What the audit log tells of what it brings about.
    pub(super) fn cause(&self, actor: Actor) -> Cause {
        Cause {
            actor,
            operation: self.operation.map_or("unknown", Operation::name),
            request: Some(self.id),
            source: self
                .caller
                .address
                .map(|address| address.to_string().into()),
        }
    }

    /// That of a request that came through the door.
    ///
    /// # Errors
    /// Where it did not: a defect of this host.
    pub(super) fn in_request(extensions: &Extensions) -> Result<&Self, WireError> {
        let passage = extensions.get();
        passage.ok_or_else(|| WireError::internal("a handler was reached past the door"))
    }
}

fn peer_told(request: &Parts) -> Option<IpAddr> {
    let connected = request.extensions.get::<ConnectInfo<SocketAddr>>();
    connected.map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// The id that the caller chose for the invocation, if it did.
fn chosen_id(header: Option<&HeaderValue>) -> Result<Option<RequestId>, WireError> {
    let Some(header) = header else {
        return Ok(None);
    };
    // Only the form with dashes: the id appears in log lines, where readers look for it as it was sent.
    let text = header.to_str().ok().filter(|text| text.len() == 36);
    match text.and_then(|text| uuid::Uuid::try_parse(text).ok()) {
        Some(id) => Ok(Some(RequestId(id))),
        None => Err(WireError::invalid_content(
            "The value of x-amzn-RequestId is not a UUID, such as \
             6b1cdd3e-7a3f-4b8e-9d59-0c2f8a4de8f1.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Scheme;

    #[test]
    fn a_caller_may_choose_the_id_if_it_is_a_uuid() {
        let id = "6B1CDD3E-7A3F-4B8E-9D59-0C2F8A4DE8F1";
        let chosen = chosen_id(Some(&HeaderValue::from_static(id)));
        let chosen = chosen.expect("it is a UUID").expect("it is there");
        assert_eq!(chosen.to_string(), id.to_lowercase());
        assert_eq!(chosen_id(None), Ok(None));
        for text in ["", "7", "6b1cdd3e7a3f4b8e9d590c2f8a4de8f1", "ü"] {
            let header = HeaderValue::from_bytes(text.as_bytes()).expect("headers may hold it");
            assert!(chosen_id(Some(&header)).is_err(), "{text}");
        }
    }

    #[test]
    fn only_invocations_have_an_id_of_their_callers_choice() {
        let id = "6b1cdd3e-7a3f-4b8e-9d59-0c2f8a4de8f1";
        let request = http::Request::builder().header(REQUEST_ID, id).body(());
        let (request, ()) = request.expect("a request").into_parts();
        let under = |operation| {
            let nobody = Caller::connected(None, Scheme::Http);
            let (passage, problem) =
                Passage::of(operation, nobody, &TrustedProxies::default(), &request);
            assert_eq!(problem, Ok(()));
            passage.id.to_string()
        };
        assert_eq!(under(Some(Operation::InvokeAsync)), id);
        for operation in [
            None,
            Some(Operation::GetFunction),
            Some(Operation::InvokeFunctionUrl),
        ] {
            assert_ne!(under(operation), id);
        }
    }
}
