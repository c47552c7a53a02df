//! The addresses of a host, asked for once.

use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;

use tokio::task::spawn_blocking;
use wasmtime_wasi_http::Error;

use super::network::Network;
use crate::domain::Host;
use crate::limits;

/// The addresses of a host, as the system's resolver gives them.
pub(super) async fn addresses(network: &Network, host: &Host) -> Result<Vec<IpAddr>, Error> {
    let name = match host {
        Host::Address(address) => return Ok(vec![*address]),
        Host::Name(name) => Arc::clone(name),
    };
    let lookups = Arc::clone(&network.lookups);
    let turn = lookups.acquire_owned().await.map_err(|_| unknown())?;
    let found = spawn_blocking(move || {
        // The thread stays with the resolver when nobody waits for it any more, and so does its turn.
        let _turn = turn;
        let found = (&*name, 0).to_socket_addrs()?;
        let mut addresses: Vec<IpAddr> = found.map(|found| found.ip().to_canonical()).collect();
        addresses.dedup();
        addresses.truncate(limits::OUTBOUND_ADDRESSES_MAX);
        std::io::Result::Ok(addresses)
    });
    match found.await {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(_) | Err(_) => Err(unknown()),
    }
}

fn unknown() -> Error {
    Error::DnsError {
        rcode: Some("address not available".into()),
        info_code: None,
    }
}
