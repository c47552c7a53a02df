//! The resource *function* with its versions: create, show, list, change, publish and delete.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod publish;
pub(super) mod show;
pub(super) mod update;
pub(super) mod url_config;
pub(super) mod versions;

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use super::api::Api;
use super::body::{BodyLimit, Purpose};
use super::constraint::Violations;
use super::error::WireError;
use super::query;
use super::reference::{NameShape, Reference};
use crate::domain::Account;
use crate::limits::{CONTROL_REQUEST_BYTES_MAX, DEPLOY_REQUEST_BYTES_MAX};

/// The bound of a request that carries a package.
const fn with_package(operation: &'static str) -> BodyLimit {
    BodyLimit {
        bytes_max: DEPLOY_REQUEST_BYTES_MAX,
        operation,
        purpose: Purpose::Control,
    }
}

/// The bound of any other request.
pub(super) const fn without_package(operation: &'static str) -> BodyLimit {
    BodyLimit {
        bytes_max: CONTROL_REQUEST_BYTES_MAX,
        operation,
        purpose: Purpose::Control,
    }
}

/// The name in the path, decoded once.
pub(super) struct PathName(String);

impl<G: Send + Sync> FromRequestParts<Arc<Api<G>>> for PathName {
    type Rejection = WireError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api<G>>) -> Result<Self, WireError> {
        let params = RawPathParams::from_request_parts(parts, &())
            .await
            .map_err(|_| WireError::unknown_operation())?;
        let (_, name) = params
            .iter()
            .next()
            .ok_or_else(WireError::unknown_operation)?;
        Ok(Self(name.to_owned()))
    }
}

impl PathName {
    /// A name that was taken from the path by other means.
    pub(super) fn new(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name as the caller gave it.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The function of an operation that takes a qualifier in the query.
    pub(super) fn qualified(
        &self,
        uri: &http::Uri,
        account: &Account,
    ) -> Result<Reference, WireError> {
        let qualifier = query::value(uri, "Qualifier");
        Reference::parse(
            NameShape::Namespaced,
            &self.0,
            qualifier.as_deref(),
            account,
        )
    }

    /// The function of an operation that takes no qualifier, though its name may have one.
    pub(super) fn namespaced(&self, account: &Account) -> Result<Reference, WireError> {
        Reference::parse(NameShape::Namespaced, &self.0, None, account)
    }

    /// The function of an operation that versions and aliases do not have.
    pub(super) fn unqualified(&self, account: &Account) -> Result<Reference, WireError> {
        Reference::parse(NameShape::Unqualified, &self.0, None, account)
    }

    /// The function of an operation that changes it.
    pub(super) fn plain(&self, account: &Account) -> Result<Reference, WireError> {
        Reference::parse(NameShape::Plain, &self.0, None, account)
    }

    /// The function, where what the request breaks of other constraints is named together with what its
    /// name does.
    pub(super) fn constrained(
        &self,
        shape: NameShape,
        mut violations: Violations,
        account: &Account,
    ) -> Result<Reference, WireError> {
        shape.check(&self.0, &mut violations);
        violations.into_result()?;
        Reference::split(shape, &self.0, None, account)
    }

    /// The version or alias of an operation that changes what belongs to it.
    pub(super) fn plain_qualified(
        &self,
        uri: &http::Uri,
        account: &Account,
    ) -> Result<Reference, WireError> {
        let qualifier = query::value(uri, "Qualifier");
        Reference::parse(NameShape::Plain, &self.0, qualifier.as_deref(), account)
    }
}
