//! Who sends a request, as its signature says.
//!
//! What can be judged without the body is judged at the door; the rest, when the body was read and before anything
//! else is done with it. A request under a key that nobody knows is verified as others are, with a key of nobody's.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::request::Parts;
use sha2::{Digest as _, Sha256};

use super::aside::aside;
use super::body::BodyLimit;
use super::callers::Purpose;
use super::error::{ErrorCode, WireError};
use super::function_url::host_header;
use super::operations::{Operation, Takes};
use super::passage::Passage;
use super::protocol::Protocol;
use super::refused::About;
use crate::domain::AccountId;
use crate::domain::audit::Actor;
use crate::identity::{Identities, Key};
use crate::limits::{CLOCK_SKEW_MAX, CONTROL_REQUEST_BYTES_MAX};
use crate::sigv4::{Claim, Denial, PathForm, Presented, Proof, Rules};

/// The region that the service of roles may be asked for everywhere: that of its global address.
const GLOBAL_REGION: &str = "us-east-1";

/// A request whose sender names a key that is good, and has yet to prove that it has it.
pub(super) struct Signed {
    key: Arc<Key>,
    proof: Proof,
}

/// Who sends a request, proven.
#[derive(Clone)]
pub(super) struct Signer(pub(super) Arc<Key>);

impl Signer {
    /// Who they are to the audit log.
    pub(super) fn actor(&self) -> Actor {
        Actor::Known {
            principal: self.0.user().arn.as_str().into(),
            key: self.0.id().into(),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.0.id()).finish()
    }
}

/// What a request says of its sender; `None` where it is for what is open to all, or asks whom it is for itself.
///
/// # Errors
/// Where nothing is said that can be believed, as far as that can be known without the body.
pub(super) fn claimed(
    identities: &Identities,
    passage: &Passage,
    parts: &Parts,
    region: &str,
) -> Result<Option<Box<Signed>>, WireError> {
    let operation = passage.operation;
    let is_open = operation.is_some_and(|operation| operation.action().is_none());
    if is_open || operation == Some(Operation::InvokeFunctionUrl) {
        return Ok(None);
    }
    let service = passage.protocol.service();
    let signed = read(identities, parts, passage.sender(), (service, region));
    match signed {
        Ok(signed) => Ok(Some(Box::new(signed))),
        Err(denial) => Err(in_protocol(passage.protocol, denial.into())),
    }
}

/// Why nobody is believed to have sent a request, and what is known of it all the same.
pub(super) struct Unbelieved {
    pub(super) denial: Denial,
    about: Option<Box<About>>,
}

impl Unbelieved {
    fn of(denial: Denial, about: About) -> Self {
        let about = Some(Box::new(about));
        Self { denial, about }
    }
}

impl From<Denial> for Unbelieved {
    fn from(denial: Denial) -> Self {
        let about = None;
        Self { denial, about }
    }
}

impl From<Denial> for WireError {
    fn from(denial: Denial) -> Self {
        Self::new(ErrorCode::Unbelieved(denial.name()), denial.to_string())
    }
}

impl From<Unbelieved> for WireError {
    fn from(Unbelieved { denial, about }: Unbelieved) -> Self {
        let error = Self::from(denial);
        match about {
            Some(about) => error.knowing(|known| *known = *about),
            None => error,
        }
    }
}

/// What a request to `service` in `region` says of its sender.
///
/// # Errors
/// As [`claimed`].
pub(super) fn read(
    identities: &Identities,
    parts: &Parts,
    source: Option<IpAddr>,
    (service, region): (&'static str, &str),
) -> Result<Signed, Unbelieved> {
    let host = host_header(&parts.uri, &parts.headers);
    let request = Presented {
        method: parts.method.as_str(),
        host: host.as_bytes(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
    };
    let now = SystemTime::now();
    let claim = Claim::of(&request)?;
    let region = match claim.region() == GLOBAL_REGION && service == Protocol::Query.service() {
        true => GLOBAL_REGION,
        false => region,
    };
    let rules = Rules {
        service,
        region,
        skew: CLOCK_SKEW_MAX,
        path: PathForm::EncodedAgain,
    };
    let known = || About::claiming(identities, claim.key_id());
    let checked = claim.check(&rules, now);
    checked.map_err(|denial| Unbelieved::of(denial, known()))?;
    match identities.good_key(claim.key_id(), claim.token(), now) {
        Ok(key) => {
            let signing = key.signing(claim.day(), region, service);
            match claim.with(signing, &request, rules.path) {
                Ok(proof) => Ok(Signed { key, proof }),
                Err(denial) => Err(Unbelieved::of(denial, About::under(&key))),
            }
        }
        Err(denial) => {
            let known = known();
            if identities.is_worth_it(source) {
                let proof = claim.with(identities.nobodys(), &request, rules.path);
                // It is not nobody's, whatever this says.
                let _ = proof.and_then(|proof| proof.holds_for(&[0; 32]));
            }
            Err(Unbelieved::of(denial, known))
        }
    }
}

impl Signed {
    /// Whose key is named. That is no proof of anything yet.
    pub(super) fn account(&self) -> &AccountId {
        &self.key.user().account
    }

    /// Who sends a request with this body.
    ///
    /// # Errors
    /// Where the signature is of another request, and where the key sends more than it may.
    pub(super) async fn proven(self, body: &Bytes) -> Result<Signer, WireError> {
        let Self { key, proof } = self;
        let bytes = body.clone();
        let hash: [u8; 32] = aside(bytes.len(), move || Sha256::digest(&bytes).into()).await?;
        let refused = match proof.holds_for(&hash) {
            Ok(()) if key.take_turn(SystemTime::now()) => return Ok(Signer(key)),
            Ok(()) => WireError::caller_rate_exceeded(),
            Err(denial) => denial.into(),
        };
        Err(refused.knowing(|about| *about = About::under(&key)))
    }
}

/// How much is read of a request to know who sends it. Clients also sign bodies that nobody looks at.
pub(super) fn body_limit(operation: Option<Operation>) -> BodyLimit {
    let of_operation = operation.filter(|operation| operation.takes() != Takes::Nothing);
    of_operation.map_or(
        BodyLimit {
            bytes_max: CONTROL_REQUEST_BYTES_MAX,
            operation: operation.map_or("unknown", Operation::name),
            purpose: Purpose::Control,
        },
        Operation::body_limit,
    )
}

/// An error as the request's protocol has it. The one of queries words all errors in its own way, in the end.
pub(super) fn in_protocol(protocol: Protocol, error: WireError) -> WireError {
    match protocol {
        Protocol::Json11 => error.in_json_1_1(),
        Protocol::RestJson | Protocol::Query => error,
    }
}
