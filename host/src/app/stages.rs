//! The stages of an invocation one by one, for the benchmark that measures them, and for nobody else: there is
//! only with the feature `measure`, and changes without notice.

use super::Host;
use crate::contract::{self, Door};
use crate::sandbox::Sandboxes;

pub use crate::contract::stages::{ReplyTrace, reply};
pub use crate::sandbox::stages::{Called, Instantiated, make_at_most};

impl Host {
    /// What [`Host::serve`] has behind each connection, without the connection.
    pub fn door(&self) -> Door<Sandboxes> {
        contract::door(self.accounts())
    }
}
