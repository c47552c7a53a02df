//! What an account has beside its functions, as it is stored.

use serde::{Deserialize, Serialize};

use super::format::{Format, Unreadable};
use crate::catalog::usage::Usage;
use crate::domain::{Digest, FunctionName, Qualifier};

/// Where the id of a function URL leads.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct UrlRow {
    v: Format,
    function: String,
    qualifier: String,
}

/// What all functions together take up.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct TotalsRow {
    v: Format,
    functions: u64,
    package_bytes: u64,
    reserved_concurrency: u64,
    provisioned_concurrency: u64,
}

/// What hosts share and nobody else knows.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct SecretRow {
    v: Format,
    /// In hexadecimal.
    secret: String,
}

impl UrlRow {
    pub(in crate::catalog) fn of(function: &FunctionName, place: &Qualifier) -> Self {
        Self {
            v: Format::default(),
            function: function.to_string(),
            qualifier: place.to_string(),
        }
    }
}

impl TotalsRow {
    pub(in crate::catalog) fn of(usage: Usage) -> Self {
        Self {
            v: Format::default(),
            functions: usage.functions as u64,
            package_bytes: usage.package_bytes,
            reserved_concurrency: usage.reserved_concurrency,
            provisioned_concurrency: usage.provisioned_concurrency,
        }
    }
}

impl SecretRow {
    pub(in crate::catalog) fn of(secret: [u8; 32]) -> Self {
        Self {
            v: Format::default(),
            secret: Digest(secret).to_string(),
        }
    }

    pub(in crate::catalog) fn value(&self) -> Result<[u8; 32], Unreadable> {
        let secret = Digest::parse_hex(&self.secret);
        let secret = secret.ok_or_else(|| Unreadable::member("secret", "it has another length"))?;
        Ok(secret.0)
    }
}
