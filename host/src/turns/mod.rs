//! Turns: when something is due, whose turn it is, and how long it waits after it could not be done.
//!
//! For events and their deliveries ([`Lanes`]), and for what takes long in places of which there are few
//! ([`Places`]); nothing here knows what is waited for.

mod backoff;
mod clock;
mod fair;
mod lanes;
mod places;

pub(crate) use backoff::{BACKOFF_MAX, backoff_ms};
pub(crate) use clock::{Clock, SystemClock};
pub(crate) use fair::Lane;
pub(crate) use fair::Level;
pub(crate) use lanes::{Lanes, Room, Turn, Went};
pub(crate) use places::PlaceFigures;
pub(crate) use places::{Place, Places};
