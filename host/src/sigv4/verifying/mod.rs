//! Verifying a signature, in the order in which AWS is thought to do it.
//!
//! A request is taken apart into a [`Claim`]: who it says it is from, and when. The claim's scope and time are judged
//! before anybody looks the key up. With the key it becomes a [`Proof`], which waits for the body where the
//! signature is over a hash that was not announced.

mod announced;
mod by_header;
mod by_query;
mod claim;
mod denial;
mod proof;
mod reading;
mod request;
mod scope;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod in_tests;
#[cfg(test)]
mod suites;

pub(crate) use claim::Claim;
pub(crate) use denial::Denial;
pub(crate) use proof::Proof;
pub(crate) use request::{PathForm, Presented, Rules};
