//! One invocation: it is found a sandbox, runs within its time, and is reported.

pub(in crate::sandbox) mod runner;
mod source;
mod record;
pub(in crate::sandbox) mod guest_run;
mod shift;
pub(in crate::sandbox) mod long_runners;
mod settle;
mod exec_wrapper;
