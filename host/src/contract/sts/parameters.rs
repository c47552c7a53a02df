//! What a request in the query protocol says.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;
use http::request::Parts;

use super::error::StsError;
use crate::contract::constraint::Quoted;
use crate::contract::operations::{Address, Operation};
use crate::contract::protocol::{ACTION, is_form};
use crate::limits::FORM_PARAMETERS_MAX;

const VERSION: &str = "Version";

/// The version of the service's API. There never was another.
const THE_VERSION: &str = "2011-06-15";

/// What parameters begin with that sign a request.
const OF_SIGNATURE: &str = "X-Amz-";

/// The parameters of a request, each of them once. They are not shown: some are as good as secrets.
pub(in crate::contract) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Those of the query and, where the body is a form, of the body.
    ///
    /// # Errors
    /// For one that is there twice, of which somebody might read the other, and for more than any operation has.
    pub(in crate::contract) fn read(parts: &Parts, body: &Bytes) -> Result<Self, StsError> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let body = if is_form(parts) { &body[..] } else { &[] };
        let mut read = BTreeMap::new();
        let all = form_urlencoded::parse(query).chain(form_urlencoded::parse(body));
        for (name, value) in all.filter(|(name, _)| !name.starts_with(OF_SIGNATURE)) {
            if read.len() >= FORM_PARAMETERS_MAX {
                return Err(StsError::invalid(format!(
                    "The request has more than {FORM_PARAMETERS_MAX} parameters."
                )));
            }
            match read.entry(name.into_owned()) {
                Entry::Vacant(place) => drop(place.insert(value.into_owned())),
                Entry::Occupied(place) => {
                    let name = Quoted(place.key());
                    return Err(StsError::invalid(format!(
                        "The parameter {name} is there more than once: it can have one value."
                    )));
                }
            }
        }
        Ok(Self(read))
    }

    /// The operation that is asked for.
    ///
    /// # Errors
    /// Where none is named, or none of this host's.
    pub(in crate::contract) fn operation(&self) -> Result<Operation, StsError> {
        let value = |name| self.0.get(name).map(String::as_str);
        let name = value(ACTION).ok_or_else(StsError::missing_action)?;
        let version = value(VERSION).unwrap_or("NO_VERSION_SPECIFIED");
        let found = Operation::named(&Address::Action, name);
        found.filter(|_| version == THE_VERSION).ok_or_else(|| {
            StsError::invalid_action(format!(
                "Could not find operation {} for version {}",
                Quoted(name),
                Quoted(version)
            ))
        })
    }

    /// Takes the value of a parameter.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// The name of one that nobody has taken.
    pub(super) fn left(&self) -> Option<&str> {
        let mut names = self.0.keys().map(String::as_str);
        names.find(|name| ![ACTION, VERSION].contains(name))
    }
}
