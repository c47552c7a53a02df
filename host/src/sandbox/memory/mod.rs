//! What guests hold of the machine's memory, whatever holds it for them: their own memories, and what the host keeps
//! on their behalf. One budget for each guest, and one bound for all of them.

pub(in crate::sandbox) mod bound;
mod resident;
pub(in crate::sandbox) mod host_memory;
pub(in crate::sandbox) mod budget;
pub(in crate::sandbox) mod charge;
