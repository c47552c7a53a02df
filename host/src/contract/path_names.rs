//! The names in the path of a request, and the function that the first of them is.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::api::Api;
use super::constraint::{Broken, Violations};
use super::error::WireError;
use super::query;
use super::reference::{NameShape, Reference};
use crate::domain::Account;

/// The names in the path of a request, decoded once.
#[derive(Clone, Debug, Default)]
pub(super) struct PathNames(Vec<(String, String)>);

impl PathNames {
    /// These names, each with what the template calls it, in the order of the path.
    pub(super) fn of(names: Vec<(String, String)>) -> Self {
        Self(names)
    }

    /// Those of a request that came through the door.
    ///
    /// # Errors
    /// Where it did not: a defect of this host.
    pub(super) fn in_request(parts: &Parts) -> Result<&Self, WireError> {
        parts
            .extensions
            .get()
            .ok_or_else(|| WireError::internal("a handler was reached past the door"))
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<&str> {
        self.0.first().map(|(_, value)| value.as_str())
    }

    /// The one that the template calls `name`.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find_map(|(key, value)| (key == name).then_some(value.as_str()))
    }

    /// The same, where the template of every path that leads here has it.
    ///
    /// # Errors
    /// Where it is missing: a defect of this host.
    pub(super) fn required(&self, name: &str) -> Result<&str, WireError> {
        let value = self.named(name);
        value.ok_or_else(|| WireError::internal(format!("a path has no {name}")))
    }
}

impl<G: Send + Sync> FromRequestParts<Arc<Api<G>>> for PathNames {
    type Rejection = WireError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api<G>>) -> Result<Self, WireError> {
        Self::in_request(parts).cloned()
    }
}

/// The first name in the path, decoded once.
pub(super) struct PathName(String);

impl<G: Send + Sync> FromRequestParts<Arc<Api<G>>> for PathName {
    type Rejection = WireError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Api<G>>) -> Result<Self, WireError> {
        let names = PathNames::in_request(parts)?;
        let name = names
            .first()
            .ok_or_else(|| WireError::internal("a path names no function"))?;
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

    /// The function of an operation that changes it, and what else of the request is `wanted`, where
    /// what both break of their constraints is named together.
    pub(super) fn plain_with<T>(
        &self,
        mut v: Violations,
        wanted: Result<T, Broken>,
        account: &Account,
    ) -> Result<(Reference, T), WireError> {
        let spelling = NameShape::Plain.spelling(&self.0, &mut v);
        let (spelling, wanted) = v.settled(|| Ok((spelling?, wanted?)))?;
        Ok((Reference::of(&spelling, None, account)?, wanted))
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
