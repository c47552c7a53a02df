//! Turns: when something is due, whose turn it is, and how long it waits after it could not be done.
//!
//! For events and their deliveries now; nothing here knows what is waited for.

mod backoff;
mod clock;
mod lanes;

pub(crate) use backoff::{BACKOFF_MAX, backoff_ms};
pub(crate) use clock::milliseconds;
pub(crate) use clock::{Clock, SystemClock};
pub(crate) use lanes::{Lanes, Room, Turn, Went};
