//! Where a server listens.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::anyhow;
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// The port that AWS's own local Lambda endpoints use too.
pub(super) const DEFAULT_PORT: u16 = 9001;

/// What the user wrote: `HOST:PORT`, or a port of the loopback interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ListenAddress {
    host: String,
    port: u16,
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self::loopback(DEFAULT_PORT)
    }
}

impl ListenAddress {
    /// A port of the loopback interface; 0 takes a free one.
    pub(super) fn loopback(port: u16) -> Self {
        Self {
            host: "127.0.0.1".into(),
            port,
        }
    }

    /// The host as it was written: a name, or an address.
    pub(super) fn host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }

    /// Listens there.
    pub(super) async fn bind(&self) -> anyhow::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind((self.host(), self.port))
            .await
            .map_err(|error| anyhow!(self.explain(&error)))?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    /// As [`bind`](Self::bind), with no thread that stays.
    pub(super) fn bind_alone(&self) -> anyhow::Result<std::net::TcpListener> {
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let (listener, _) = runtime.block_on(self.bind())?;
        Ok(listener.into_std()?)
    }

    fn explain(&self, error: &io::Error) -> String {
        match error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "{self} is in use, perhaps by another `sparkler serve`. Choose another port with \
                 --listen, or --listen 127.0.0.1:0 for any that is free."
            ),
            io::ErrorKind::PermissionDenied => {
                format!(
                    "{self} may not be listened on by this user. Choose a port from 1024 up with --listen."
                )
            }
            io::ErrorKind::AddrNotAvailable => {
                format!(
                    "{self} is not an address of this machine. Choose one that is with --listen."
                )
            }
            _ => format!("{self} cannot be listened on: {error}."),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let is_plain = !host.contains(':') || (host.starts_with('[') && host.ends_with(']'));
        match port.parse() {
            Ok(port) if host.is_empty() => Ok(Self::loopback(port)),
            Ok(port) if is_plain => Ok(Self {
                host: host.to_owned(),
                port,
            }),
            _ => Err(
                "an address looks like 127.0.0.1:9001, localhost:9001, [::1]:9001 or 9001".into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_usual_form() {
        for (text, shown) in [
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("localhost:80", "localhost:80"),
            ("[::1]:9001", "[::1]:9001"),
            (":9001", "127.0.0.1:9001"),
            ("9001", "127.0.0.1:9001"),
        ] {
            assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), shown);
        }
        for text in ["", "localhost", "1:2:3", "127.0.0.1:99999", "::1"] {
            assert!(text.parse::<ListenAddress>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_port_in_use_is_named_with_the_way_out() {
        let (_held, address) = ListenAddress::loopback(0).bind().await.unwrap();
        let taken: ListenAddress = address.to_string().parse().unwrap();
        let text = taken.bind().await.unwrap_err().to_string();
        assert!(text.contains(&address.to_string()), "{text}");
        assert!(text.contains("--listen"), "{text}");
    }
}
