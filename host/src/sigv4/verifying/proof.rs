//! What proves a claim: its signature, over the request as it came.

use http::HeaderName;
use http::header::HOST;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::claim::{Claim, Form};
use super::denial::Denial;
use super::request::{PathForm, Presented};
use super::{announced, by_query};
use crate::domain::{hex, hex::write_hex};
use crate::sigv4::canonical::{self, path_encoded_again};
use crate::sigv4::key::SigningKey;
use crate::sigv4::terms::ALGORITHM;

/// The names of headers that AWS's clients add, all of which have to be signed.
const OF_AWS: &str = "x-amz-";

/// A claim whose key is known. All of the request but its body was taken in.
pub(crate) struct Proof {
    /// The hash of the canonical request up to that of the body.
    before_body: Sha256,
    /// The text to sign up to the hash of the canonical request.
    before_hash: String,
    key: SigningKey,
    signature: String,
    /// The hash of the body that the request announces.
    announced: Option<[u8; 32]>,
}

impl Claim {
    /// What would prove the claim for `request` with the key `key`.
    ///
    /// # Errors
    /// Where the signature is not over all that it has to be over, and where it is announced what the body will be
    /// and the signature is already known not to match.
    pub(crate) fn with(
        self,
        key: SigningKey,
        request: &Presented<'_>,
        path: PathForm,
    ) -> Result<Proof, Denial> {
        let announced = match self.form {
            Form::Header => announced::announced_hash(request.headers)?,
            Form::Query(_) => self.announced_in_query(request)?,
        };
        let mut before_body = Sha256::new();
        before_body.update(self.canonical_head(request, path)?);
        let before_hash = format!("{ALGORITHM}\n{}\n{}\n", self.time.text, self.scope.text());
        let proof = Proof {
            before_body,
            before_hash,
            key,
            signature: self.signature,
            announced,
        };
        if let Some(hash) = announced {
            proof.check(&hash)?;
        }
        Ok(proof)
    }

    fn announced_in_query(&self, request: &Presented<'_>) -> Result<Option<[u8; 32]>, Denial> {
        match by_query::announced(request.query)? {
            Some(text) => announced::hash(&text),
            None => announced::announced_hash(request.headers),
        }
    }

    /// The canonical request up to the hash of its body.
    pub(super) fn canonical_head(
        &self,
        request: &Presented<'_>,
        path: PathForm,
    ) -> Result<Vec<u8>, Denial> {
        self.check_all_are_signed(request)?;
        let query = canonical::query(request.query, |name| {
            self.form != Form::Header && by_query::is_signature(name)
        });
        let path = match path {
            PathForm::EncodedAgain => path_encoded_again(request.path),
            #[cfg(test)]
            PathForm::EncodedOnce { is_resolved } => {
                super::in_tests::encoded_once(request.path, is_resolved)
            }
        };
        let path = if path.is_empty() { "/" } else { &path };
        let mut text = [request.method, "\n", path, "\n", &query, "\n"]
            .concat()
            .into_bytes();
        for name in self.signed_headers.split(';') {
            add_header(&mut text, name, request)?;
        }
        text.push(b'\n');
        text.extend_from_slice(self.signed_headers.as_bytes());
        text.push(b'\n');
        Ok(text)
    }

    /// Refuses a request to which a header was added that says what is to be done: of AWS's own, all are signed.
    fn check_all_are_signed(&self, request: &Presented<'_>) -> Result<(), Denial> {
        let mut names = request.headers.keys().map(HeaderName::as_str);
        let is_signed = |name: &str| self.signed_headers.split(';').any(|signed| signed == name);
        match names.all(|name| !name.starts_with(OF_AWS) || is_signed(name)) {
            true => Ok(()),
            false => Err(Denial::Mismatch),
        }
    }
}

/// Adds a line with all values of a header. One that is not there was not signed by whoever sent the request.
fn add_header(text: &mut Vec<u8>, name: &str, request: &Presented<'_>) -> Result<(), Denial> {
    text.extend_from_slice(name.as_bytes());
    text.push(b':');
    if name == HOST.as_str() || name == ":authority" {
        canonical::add_trimmed(text, request.host);
    } else {
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let is_there = is_lower && request.headers.contains_key(name);
        if !is_there {
            return Err(Denial::Mismatch);
        }
        for (position, value) in request.headers.get_all(name).iter().enumerate() {
            if position > 0 {
                text.push(b',');
            }
            canonical::add_trimmed(text, value.as_bytes());
        }
    }
    text.push(b'\n');
    Ok(())
}

impl Proof {
    /// Whether a body with this hash is what was signed.
    ///
    /// # Errors
    /// Where it is not, or where it is not the body that was announced.
    pub(crate) fn holds_for(&self, body_hash: &[u8; 32]) -> Result<(), Denial> {
        match self.announced {
            // The signature is known to match.
            Some(announced) if bool::from(announced[..].ct_eq(&body_hash[..])) => Ok(()),
            Some(_) => Err(Denial::Mismatch),
            None => self.check(body_hash),
        }
    }

    fn check(&self, body_hash: &[u8; 32]) -> Result<(), Denial> {
        let mut canonical = self.before_body.clone();
        let mut digits = [0; 64];
        write_hex(&mut digits, body_hash);
        canonical.update(digits);
        let text = [&*self.before_hash, &hex(&canonical.finalize())].concat();
        write_hex(&mut digits, &self.key.sign(&text));
        match bool::from(digits[..].ct_eq(self.signature.as_bytes())) {
            true => Ok(()),
            false => Err(Denial::Mismatch),
        }
    }
}
