//! What can go wrong between a command and a server, each with the way out.

use std::io;

/// Why a server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli) enum ClientError {
    /// The endpoint is not a URL.
    #[error("'{0}' is not the address of a server; it looks like http://127.0.0.1:9001.")]
    BadEndpoint(String),
    /// A file of authorities cannot be used.
    #[error(
        "{path} names nobody to trust: {reason}. Name a file of certificates in PEM with --ca-file."
    )]
    NoAuthorities { path: String, reason: String },
    /// The server's certificate is not believed.
    #[error(
        "{endpoint} shows a certificate that is not believed: {reason}. Where its authority is one of your own, name \
         the authority's certificate with --ca-file, or in SPARKLER_CA_FILE."
    )]
    Untrusted { endpoint: String, reason: String },
    /// The server wants a certificate, or does not speak TLS.
    #[error("{endpoint} and this command agree on no encryption: {reason}.")]
    NoEncryption { endpoint: String, reason: String },
    /// Something in the request cannot be sent.
    #[error("the request cannot be sent: {0}")]
    BadRequest(String),
    /// Nobody listens.
    #[error(
        "there is no server at {0}. Start one with `sparkler serve`, or name another with --endpoint."
    )]
    NoServer(String),
    /// The connection broke, or took too long.
    #[error("the connection to {endpoint} failed: {reason}")]
    Connection { endpoint: String, reason: String },
    /// What answered is not a Lambda API.
    #[error("{endpoint} does not answer as AWS Lambda does ({reason}). Is the address right?")]
    NotLambda { endpoint: String, reason: String },
    /// The server understood and refused.
    #[error("{error_type}: {}{}", message_of(message, *status), way_out(error_type))]
    Service {
        error_type: String,
        message: String,
        status: u16,
    },
}

impl ClientError {
    /// The error of a request to `endpoint` that got no whole answer.
    pub(super) fn from_transport(endpoint: &str, error: &ureq::Error) -> Self {
        let endpoint = endpoint.to_owned();
        let broken = |reason: String| Self::Connection {
            endpoint: endpoint.clone(),
            reason,
        };
        if let Some(error) = encryption(error) {
            return Self::of_encryption(endpoint, error);
        }
        match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Self::NoServer(endpoint)
            }
            ureq::Error::ConnectionFailed => Self::NoServer(endpoint),
            ureq::Error::HostNotFound => broken("the host has no address".into()),
            ureq::Error::Timeout(_) => broken("the server took too long".into()),
            ureq::Error::Io(error) => broken(error.to_string()),
            other => broken(other.to_string()),
        }
    }

    fn of_encryption(endpoint: String, error: &rustls::Error) -> Self {
        use rustls::CertificateError as C;
        use rustls::Error as E;
        let untrusted = |reason: String| Self::Untrusted {
            endpoint: endpoint.clone(),
            reason,
        };
        let no_encryption = |reason: String| Self::NoEncryption {
            endpoint: endpoint.clone(),
            reason,
        };
        match error {
            // Somebody else of the same name has signed it.
            E::InvalidCertificate(C::UnknownIssuer | C::BadSignature) => {
                untrusted("none of the authorities that are trusted here has issued it".into())
            }
            E::InvalidCertificate(C::Expired | C::ExpiredContext { .. }) => {
                untrusted("it has expired".into())
            }
            E::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => {
                untrusted("it is for another name than that of the address".into())
            }
            E::InvalidCertificate(other) => untrusted(other.to_string()),
            E::AlertReceived(rustls::AlertDescription::CertificateRequired) => no_encryption(
                "the server asks its clients for certificates, of which this command has none"
                    .into(),
            ),
            E::InvalidMessage(_) => {
                no_encryption("what answers does not speak TLS. Is the address http://?".into())
            }
            other => no_encryption(other.to_string()),
        }
    }
}

/// What went wrong with encryption, if that is what did.
fn encryption(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

fn message_of(message: &str, status: u16) -> String {
    match message.is_empty() {
        true => format!("the server answered with status {status}"),
        false => message.to_owned(),
    }
}

/// What to do about an error of the service, where that is known.
fn way_out(error_type: &str) -> &'static str {
    match error_type {
        "ResourceNotFoundException" => {
            "\n`sparkler list` shows what is deployed; `sparkler deploy NAME FILE` deploys."
        }
        "TooManyRequestsException" => {
            "\nTry again when fewer invocations are running. A function with a reserved concurrency of 0 \
             never runs."
        }
        "CodeStorageExceededException" => "\nDelete functions that are not needed any more.",
        "MissingAuthenticationTokenException" => {
            "\nThis server asks who calls: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that it knows."
        }
        "UnrecognizedClientException" | "InvalidSignatureException" => {
            "\nRequests are signed with the key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, for the region in \
             AWS_REGION. Does this server know that key?"
        }
        _ => "",
    }
}
