//! A claim in the query: a presigned address.

use std::borrow::Cow;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::by_header::check_algorithm;
use super::claim::{Claim, Form, signed_headers};
use super::denial::Denial;
use super::scope::{Scope, Time};
use crate::limits::PRESIGNED_SECONDS_MAX;
use crate::sigv4::canonical::parameters;

const ALGORITHM: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const SIGNATURE: &str = "X-Amz-Signature";
const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
const DATE: &str = "X-Amz-Date";
const EXPIRES: &str = "X-Amz-Expires";
const TOKEN: &str = "X-Amz-Security-Token";
/// The parameter that announces the hash of the body.
const CONTENT_HASH: &str = "X-Amz-Content-Sha256";

/// Whether a query says who signed it.
pub(super) fn is_there(query: &str) -> bool {
    query.contains("X-")
        && parameters(query).any(|(name, _)| {
            let name = decoded(name);
            [ALGORITHM, CREDENTIAL, SIGNATURE].contains(&&*name)
        })
}

/// Whether this parameter is the signature, which is over all others.
pub(super) fn is_signature(name: &str) -> bool {
    decoded(name) == SIGNATURE
}

/// The hash of the body that the query announces.
pub(super) fn announced(query: &str) -> Result<Option<Cow<'_, str>>, Denial> {
    once(query, CONTENT_HASH)
}

pub(super) fn read(query: &str) -> Result<Claim, Denial> {
    let [algorithm, credential, signature, signed, date, expires] = required(query)?;
    check_algorithm(&algorithm)?;
    let scope = Scope::parse(&credential)?;
    let time = Time::parse(&date)?;
    Ok(Claim {
        form: Form::Query(good_for(&expires)?),
        scope,
        time,
        signed_headers: signed_headers(&signed)?,
        signature: signature.into_owned(),
        token: once(query, TOKEN)?.map(|token| Zeroizing::new(token.into_owned())),
    })
}

fn required(query: &str) -> Result<[Cow<'_, str>; 6], Denial> {
    let names = [
        ALGORITHM,
        CREDENTIAL,
        SIGNATURE,
        SIGNED_HEADERS,
        DATE,
        EXPIRES,
    ];
    let mut missing = String::new();
    let mut found = [const { Cow::Borrowed("") }; 6];
    for (place, name) in found.iter_mut().zip(names) {
        match once(query, name)? {
            Some(value) if !value.is_empty() => *place = value,
            _ => missing += &format!("AWS query-string parameters must include '{name}'. "),
        }
    }
    match missing.is_empty() {
        true => Ok(found),
        false => Err(Denial::Incomplete(
            missing + "Re-examine the query-string parameters.",
        )),
    }
}

fn good_for(text: &str) -> Result<Duration, Denial> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| is_number);
    let seconds = seconds.filter(|seconds| (1..=PRESIGNED_SECONDS_MAX).contains(seconds));
    match seconds {
        Some(seconds) => Ok(Duration::from_secs(seconds.into())),
        None => Err(Denial::Invalid(format!(
            "X-Amz-Expires must be a number of seconds from 1 to {PRESIGNED_SECONDS_MAX}."
        ))),
    }
}

/// The value of a parameter that a query has once.
fn once<'a>(query: &'a str, wanted: &str) -> Result<Option<Cow<'a, str>>, Denial> {
    let mut values = parameters(query).filter(|(name, _)| decoded(name) == wanted);
    let first = values.next();
    match values.next() {
        None => Ok(first.map(|(_, value)| decoded(value))),
        Some(_) => Err(Denial::Incomplete(format!(
            "The query-string parameter {wanted} is there more than once."
        ))),
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
