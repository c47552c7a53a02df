//! What the host holds for callers, counted: requests as they arrive and answers until they were read, against a
//! bound for all of them and a share for each peer; and connections.
//!
//! A peer is an address, or the network of one with IPv6. It may hold as much as is free: alone it gets to the
//! half, and beside others to less, so that there is always room for one that comes later.
//!
//! What is small and done at once is not counted, so that an ordinary call touches nothing that others touch. It is
//! when it waits: for the rest of a body, or for its reader. What a connection is without that is bounded by how many
//! of them there may be.

mod answering;
mod budget;
mod connection;
mod connections;
mod encryption;
mod expected;
mod heads;
mod held;
mod peers;
mod shares;

pub(in crate::contract) use budget::{Charge, Full, Peer, Purpose};
pub(in crate::contract) use connection::Connection;
pub(in crate::contract) use connections::Connections;
pub(in crate::contract) use encryption::Encryption;
pub(crate) use expected::ExpectedAnswers;
pub(in crate::contract) use heads::{LINE_BYTES, table_bytes, wire_bytes};
pub(in crate::contract) use held::{bytes_of, charged, held};
pub(crate) use peers::{Connected, Peers};
pub(in crate::contract) use peers::{HeldFigures, PeerAddress};
