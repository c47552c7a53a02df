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
use super::error::WireError;
use super::function_url::host_header;
use super::operations::{Operation, Takes};
use super::passage::Passage;
use super::protocol::Protocol;
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

/// What a request to `service` in `region` says of its sender.
///
/// # Errors
/// As [`claimed`].
pub(super) fn read(
    identities: &Identities,
    parts: &Parts,
    source: Option<IpAddr>,
    (service, region): (&'static str, &str),
) -> Result<Signed, Denial> {
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
    claim.check(&rules, now)?;
    match identities.good_key(claim.key_id(), claim.token(), now) {
        Ok(key) => {
            let signing = key.signing(claim.day(), region, service);
            let proof = claim.with(signing, &request, rules.path)?;
            Ok(Signed { key, proof })
        }
        Err(denial) => {
            if identities.is_worth_it(source) {
                let proof = claim.with(identities.nobodys(), &request, rules.path);
                // It is not nobody's, whatever this says.
                let _ = proof.and_then(|proof| proof.holds_for(&[0; 32]));
            }
            Err(denial)
        }
    }
}

impl Signed {
    /// Who sends a request with this body.
    ///
    /// # Errors
    /// Where the signature is of another request, and where the key sends more than it may.
    pub(super) async fn proven(self, body: &Bytes) -> Result<Signer, WireError> {
        let Self { key, proof } = self;
        let bytes = body.clone();
        let hash: [u8; 32] = aside(bytes.len(), move || Sha256::digest(&bytes).into()).await?;
        proof.holds_for(&hash)?;
        match key.take_turn(SystemTime::now()) {
            true => Ok(Signer(key)),
            false => Err(WireError::caller_rate_exceeded()),
        }
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
