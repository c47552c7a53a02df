//! One invocation: it is found a sandbox, runs within its time, and is reported.

pub(in crate::sandbox) mod invocation;
pub(in crate::sandbox) mod guest_run;
pub(in crate::sandbox) mod shift;
pub(in crate::sandbox) mod long_runners;
pub(in crate::sandbox) mod settle;
pub(in crate::sandbox) mod exec_wrapper;
