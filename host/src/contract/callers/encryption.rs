//! What is known of a connection because it is encrypted.

use std::sync::{Arc, OnceLock};

use super::budget::{Charge, Full, Peer, Purpose};
use crate::contract::client_certificate::ClientCertificate;

/// A connection that is encrypted, or will be as soon as TLS is agreed on.
#[derive(Debug, Default)]
pub(in crate::contract) struct Encryption {
    shown: OnceLock<Shown>,
}

/// What its client has shown.
#[derive(Debug)]
struct Shown {
    certificate: Arc<ClientCertificate>,
    _held: Charge,
}

impl Encryption {
    /// Notes the certificate that the client has shown, which is held for as long as the connection lasts, as are the
    /// bytes that its session keeps of it.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub(in crate::contract) fn note(
        &self,
        certificate: ClientCertificate,
        session_bytes: usize,
        peer: &Arc<Peer>,
    ) -> Result<(), Full> {
        let bytes = certificate.bytes() + session_bytes;
        let _held = peer.settle(Purpose::Call, bytes)?;
        self.shown.get_or_init(|| Shown {
            certificate: Arc::new(certificate),
            _held,
        });
        Ok(())
    }

    /// The certificate that its client has shown.
    pub(in crate::contract) fn certificate(&self) -> Option<&Arc<ClientCertificate>> {
        self.shown.get().map(|shown| &shown.certificate)
    }
}
