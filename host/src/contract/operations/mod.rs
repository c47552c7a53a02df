//! The operations of the API, each a value: what it is called, where it is found, what body it takes, what it
//! acts on and which permission it needs.
//!
//! The table stands in `table`, one line an operation; `handlers` says which function answers each. So
//! whatever is to hold for all of them has a place: the door asks the operation, not its path.

mod preset;
mod row;
mod table;

use std::fmt;

pub use preset::Preset;
pub(super) use row::{Address, Resource, Takes};
pub use table::Operation;

use row::Row;

use super::body::BodyLimit;
use super::callers::Purpose;
use crate::limits::{CONTROL_REQUEST_BYTES_MAX, DEPLOY_REQUEST_BYTES_MAX, FORM_REQUEST_BYTES_MAX};

impl Operation {
    /// The one of this name among those that requests name in this way.
    pub(super) fn named(by: &Address, name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|operation| operation.address() == by && operation.name() == name)
    }

    const fn row(self) -> &'static Row {
        &table::ROWS[self as usize]
    }

    /// Its name, as AWS spells it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// By what a request names it.
    pub const fn address(self) -> &'static Address {
        &self.row().address
    }

    /// What body it takes.
    pub fn takes(self) -> Takes {
        self.row().takes
    }

    /// What it acts on.
    pub fn resource(self) -> Resource {
        self.row().resource
    }

    /// The action of a policy that allows it, such as `lambda:GetFunction`; `None` where nobody is asked who
    /// they are.
    pub fn action(self) -> Option<&'static str> {
        self.row().action
    }

    /// Whether its request id may be the caller's choice.
    pub(super) fn invokes(self) -> bool {
        matches!(
            self,
            Self::Invoke | Self::InvokeWithResponseStream | Self::InvokeAsync
        )
    }

    /// Whether a web page may ask for it: a function on the web is asked by its own pages, and that this host
    /// is well says nothing that a page may not know.
    pub(super) fn is_for_web_pages(self) -> bool {
        matches!(self, Self::InvokeFunctionUrl | Self::GetHealth)
    }

    /// Whether its answer depends on which functions there are, and on what is said of them. Invocations go by
    /// what is shown, and wait for nobody.
    pub(super) fn reads_catalog(self) -> bool {
        match self.resource() {
            Resource::Account
            | Resource::Function
            | Resource::QualifiedFunction
            | Resource::Attachment
            | Resource::VersionOrAlias
            | Resource::NewFunction
            | Resource::Tagged
            | Resource::Policy => !self.invokes(),
            Resource::Host
            | Resource::FunctionUrl
            | Resource::Package
            | Resource::LogGroup
            | Resource::LogStream
            | Resource::EventSourceMapping
            | Resource::Layer
            | Resource::LayerVersion
            | Resource::CodeSigningConfig
            | Resource::CapacityProvider
            | Resource::DurableExecution
            | Resource::Caller
            | Resource::Role => false,
        }
    }

    /// The bound of its body.
    pub(super) fn body_limit(self) -> BodyLimit {
        let (bytes_max, purpose) = match self.takes() {
            Takes::Nothing => (0, Purpose::Control),
            Takes::Small => (CONTROL_REQUEST_BYTES_MAX, Purpose::Control),
            Takes::Form => (FORM_REQUEST_BYTES_MAX, Purpose::Control),
            Takes::Package => (DEPLOY_REQUEST_BYTES_MAX, Purpose::Control),
            Takes::Event(bytes_max) => (bytes_max, Purpose::Call),
        };
        BodyLimit {
            bytes_max,
            operation: self.name_in_texts(),
            purpose,
        }
    }

    /// What AWS calls it in the text for a body that is too large.
    fn name_in_texts(self) -> &'static str {
        match (self, self.address()) {
            (Self::Invoke | Self::InvokeFunctionUrl, _) => "InvokeFunction",
            (_, Address::Target) => "CloudWatch Logs",
            (_, Address::Action) => "AWS Security Token Service",
            (_, Address::Path(..) | Address::FunctionUrl) => self.name(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
