//! What the suites share.
//!
//! [`TestHost`] is the product as a library, on a real socket; [`Server`] is its binary. Both are
//! spoken to through [`Lambda`], whose answers show what came over the wire. Guests come from
//! [`guests`] and [`kits`], built by the product's own build code, and from [`wat`], written by hand.

pub mod conformance;
pub mod event_stream;
pub mod guests;
pub mod host;
pub mod http;
pub mod kits;
pub mod lambda;
pub mod log;
pub mod python;
pub mod receiver;
pub mod scratch;
pub mod server;
pub mod wat;

pub use event_stream::{Event, EventStream};
pub use host::{Function, TestHost};
pub use http::{Connection, Reply, Request};
pub use lambda::{Lambda, NewFunction};
pub use receiver::Receiver;
pub use server::Server;
