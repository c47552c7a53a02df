//! What can be seen of the concurrency: how much runs, of what, and what was refused.

use crate::domain::{FunctionName, Qualifier};

/// The account, and the functions that have something for themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Invocations that run.
    pub running: usize,
    /// How many may.
    pub limit: u32,
    /// How many may, of functions that have nothing for themselves.
    pub unreserved: u64,
    /// Invocations refused since the start, for want of what the account has.
    pub throttled_by_account: u64,
    /// Invocations refused since the start, for want of what is reserved for their function.
    pub throttled_by_reservation: u64,
    /// Functions that have something for themselves, in the order of their names, as many as were asked
    /// for at most.
    pub functions: Vec<FunctionFigures>,
    /// Further such functions.
    pub functions_left_out: usize,
}

/// A function that has something for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionFigures {
    /// Its name.
    pub name: FunctionName,
    /// What is reserved for it.
    pub reserved: Option<u32>,
    /// Invocations that run on what is reserved or provisioned for it.
    pub running: u64,
    /// Its provisioned concurrency.
    pub provisioned: Vec<ProvisionedFigures>,
}

/// The provisioned concurrency of a version or alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvisionedFigures {
    /// The version or alias.
    pub place: Qualifier,
    /// How much was asked for.
    pub requested: u64,
    /// Invocations that run on it.
    pub in_use: u64,
    /// Invocations since it was set that found all of it taken and ran elsewhere.
    pub spilled_over: u64,
}
