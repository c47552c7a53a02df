//! Whether a request may go out, and where to: the rules of its function, and what the log is told of a
//! request that they do not allow.

use std::net::IpAddr;

use wasmtime_wasi_http::Error;

use super::allowance::Allowance;
use super::network::Network;
use crate::domain::{ALLOW_HTTP_VARIABLE, AllowHttp, Host, Origin};

/// Decides about the requests of one invocation to one origin.
pub(super) struct Decision<'a> {
    pub(super) network: &'a Network,
    pub(super) allowance: &'a Allowance,
    pub(super) origin: &'a Origin,
}

impl Decision<'_> {
    /// Whether requests may go to this scheme, host and port.
    pub(super) fn origin(&self) -> Result<(), Error> {
        let reason = match self.allowance.version.settings.allow_http() {
            Ok(rules) if rules.allows(self.origin) => return Ok(()),
            Ok(_) => "no rule allows it".to_owned(),
            Err(malformed) => malformed.to_string(),
        };
        if self.learned(self.origin) {
            return Ok(());
        }
        let origin = self.origin;
        self.allowance.log(&format!(
            "http request to {origin} denied: {reason}; add {origin} to {ALLOW_HTTP_VARIABLE}"
        ));
        Err(Error::HttpRequestDenied)
    }

    /// Those of the host's addresses that requests may go to.
    pub(super) fn addresses(&self, found: Vec<IpAddr>) -> Result<Vec<IpAddr>, Error> {
        let (allowed, denied): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|address| self.allows_address(*address));
        match denied.first() {
            Some(first) if allowed.is_empty() => {
                self.log_denied_address(*first);
                Err(Error::DestinationIpProhibited)
            }
            _ => Ok(allowed),
        }
    }

    /// Whether requests may go to one of its addresses.
    pub(super) fn allows_address(&self, address: IpAddr) -> bool {
        let rules = self.allowance.version.settings.allow_http();
        let none = AllowHttp::default();
        let checked = rules.unwrap_or(&none).check_address(self.origin, address);
        checked.is_ok() || self.learned(&self.origin.at(address.to_canonical()))
    }

    fn log_denied_address(&self, address: IpAddr) {
        let (origin, named) = (self.origin, self.origin.at(address.to_canonical()));
        let kind = crate::domain::AddressKind::of(address);
        let kind = kind.map_or("not public", |kind| kind.description());
        let found = match &origin.host {
            Host::Name(name) => format!("{name} has the address {address}, which is {kind}"),
            Host::Address(_) => format!("{address} is {kind}"),
        };
        self.allowance.log(&format!(
            "http request to {origin} denied: {found}; if that is meant, add {named} to \
             {ALLOW_HTTP_VARIABLE}"
        ));
    }

    /// Notes a rule that is missing, where the host learns; otherwise `false`.
    fn learned(&self, missing: &Origin) -> bool {
        let Some(lessons) = &self.network.lessons else {
            return false;
        };
        lessons.note(&self.allowance.version, missing.to_string());
        true
    }
}
