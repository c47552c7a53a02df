//! A claim in the header `Authorization`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{AUTHORIZATION, DATE, HeaderName};
use http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::claim::{Claim, Form, signed_headers};
use super::denial::Denial;
use super::scope::{Scope, Time, quoted};
use crate::limits::AUTHORIZATION_BYTES_MAX;
use crate::sigv4::terms::ALGORITHM;

const AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

pub(super) fn read(headers: &HeaderMap) -> Result<Claim, Denial> {
    let value = text(headers, &AUTHORIZATION)?.unwrap_or_default();
    if value.len() > AUTHORIZATION_BYTES_MAX {
        return Err(Denial::Incomplete(format!(
            "The header Authorization has {} bytes: it may have at most {AUTHORIZATION_BYTES_MAX}.",
            value.len()
        )));
    }
    let value = value.trim();
    let (algorithm, rest) = value.split_once([' ', '\t']).unwrap_or((value, ""));
    check_algorithm(algorithm)?;
    let parts = Parts::parse(value, rest)?;
    let date = match text(headers, &AMZ_DATE)? {
        Some(date) => Some(date),
        None => text(headers, &DATE)?,
    };
    let (Some(credential), Some(signature), Some(signed), Some(date)) = (
        parts.credential,
        parts.signature,
        parts.signed_headers,
        date,
    ) else {
        return Err(parts.missing(value, date.is_some()));
    };
    Ok(Claim {
        form: Form::Header,
        scope: Scope::parse(credential)?,
        time: Time::parse(date.trim())?,
        signed_headers: signed_headers(signed)?,
        signature: signature.into(),
        token: text(headers, &TOKEN)?.map(|token| Zeroizing::new(token.trim().into())),
    })
}

/// Refuses an algorithm that is not spoken here.
pub(super) fn check_algorithm(algorithm: &str) -> Result<(), Denial> {
    if algorithm == ALGORITHM {
        return Ok(());
    }
    let shown = quoted(algorithm);
    Err(Denial::Incomplete(match algorithm.starts_with("AWS4-") {
        true => format!("Unsupported AWS 'algorithm': '{shown}'. "),
        false => format!("Algorithm must start with 'AWS4-'; got '{shown}'"),
    }))
}

#[derive(Clone, Copy, Debug, Default)]
struct Parts<'a> {
    credential: Option<&'a str>,
    signed_headers: Option<&'a str>,
    signature: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// The parameters, in any order, with blanks around the commas or without.
    fn parse(value: &str, rest: &'a str) -> Result<Self, Denial> {
        let mut parts = Self::default();
        for part in rest
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let (name, found) = part.split_once('=').ok_or_else(|| no_equal_sign(value))?;
            let place = match name.trim() {
                "Credential" => &mut parts.credential,
                "SignedHeaders" => &mut parts.signed_headers,
                "Signature" => &mut parts.signature,
                other => return Err(unexpected(other, "is not known")),
            };
            if place.replace(found.trim()).is_some() {
                return Err(unexpected(name.trim(), "is there twice"));
            }
        }
        Ok(parts)
    }

    fn missing(&self, value: &str, has_date: bool) -> Denial {
        let parameters = [
            ("Credential", self.credential),
            ("Signature", self.signature),
            ("SignedHeaders", self.signed_headers),
        ];
        let mut text = String::new();
        for (name, found) in parameters {
            if found.is_none() {
                text += &format!("Authorization header requires '{name}' parameter. ");
            }
        }
        if !has_date {
            text += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
        }
        text += "Authorization=";
        Denial::Incomplete(text + value)
    }
}

/// The value is not repeated, since it may hold what is nobody else's business.
fn no_equal_sign(value: &str) -> Denial {
    let hash = BASE64_STANDARD.encode(Sha256::digest(value));
    Denial::Incomplete(format!(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{hash}'."
    ))
}

fn unexpected(name: &str, what: &str) -> Denial {
    let name = quoted(name);
    Denial::Incomplete(format!(
        "The parameter '{name}' of the header Authorization {what}: it has Credential, SignedHeaders and Signature."
    ))
}

/// The value of a header that a request has once.
fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Denial> {
    let mut values = headers.get_all(name).into_iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let only = Some(value).filter(|_| values.next().is_none());
    match only.map(HeaderValue::to_str) {
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(Denial::Incomplete(format!(
            "The header {name} holds what is no visible text."
        ))),
        None => Err(Denial::Incomplete(format!(
            "The header {name} is there more than once."
        ))),
    }
}
