//! What the suites share.
//!
//! [`TestHost`] is the product as a library, on a real socket; [`Server`] is its binary. Both are
//! spoken to through [`Lambda`], whose answers show what came over the wire. Guests come from
//! [`guests`] and [`kits`], built by the product's own build code, from [`wat`], written by hand, and from
//! [`programs`], made as people make them who never heard of Sparkler.

pub mod certificates;
pub mod conformance;
pub mod event_stream;
pub mod files;
pub mod guests;
pub mod host;
pub mod http;
pub mod key;
pub mod kits;
pub mod lambda;
pub mod log;
pub mod node;
pub mod programs;
pub mod origin;
pub mod python;
pub mod receiver;
pub mod scratch;
pub mod server;
pub mod small_disk;
pub mod wat;

pub use event_stream::{Event, EventStream};
pub use host::{Deploying, Function, TestHost};
pub use http::{Connection, Reply, Request, metric};
pub use lambda::{Lambda, NewFunction};
pub use origin::Origin;
pub use receiver::Receiver;
pub use server::Server;
