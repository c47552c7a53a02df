//! What went wrong with a request, as `wasi:http` names it.

use std::error::Error as _;
use std::io;

use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;

/// A connection that could not be made.
pub(super) fn of_connect(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        io::ErrorKind::TimedOut => Error::ConnectionTimeout,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ => Error::DestinationUnavailable,
    }
}

/// An encryption that did not come about; with a sentence for the log where its owner can do something.
pub(super) fn of_tls(error: &io::Error) -> (Error, Option<String>) {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref());
    let certificate = |error: &rustls::Error| {
        format!(
            "its certificate was not accepted: {error}. The system's root certificates are trusted, or \
             those in the file that SSL_CERT_FILE names where the host was started."
        )
    };
    match cause {
        Some(
            error @ (rustls::Error::InvalidCertificate(_)
            | rustls::Error::NoCertificatesPresented
            | rustls::Error::UnsupportedNameType),
        ) => (Error::TlsCertificateError, Some(certificate(error))),
        Some(rustls::Error::AlertReceived(alert)) => (
            Error::TlsAlertReceived {
                alert_id: Some(u8::from(*alert)),
                alert_message: alert.as_str().map(str::to_owned),
            },
            None,
        ),
        Some(_) => (Error::TlsProtocolError, None),
        None => (Error::ConnectionTerminated, None),
    }
}

/// A request that has no response.
pub(super) fn of_exchange(error: &hyper::Error) -> Error {
    let source = error.source();
    // The body of the request failed: it was the guest's, or too large.
    if let Some(Error::HttpRequestBodySize(bytes)) =
        source.and_then(|source| source.downcast_ref::<Error>())
    {
        return Error::HttpRequestBodySize(*bytes);
    }
    if error.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(None);
    }
    if error.is_parse() || error.is_user() {
        return Error::HttpProtocolError;
    }
    let is_lost = error.is_incomplete_message()
        || error.is_canceled()
        || error.is_closed()
        || source.is_some_and(|source| source.is::<io::Error>());
    match is_lost {
        true => Error::ConnectionTerminated,
        false => Error::HttpProtocolError,
    }
}

/// A response whose body cannot be read to its end.
pub(super) fn of_body(error: &hyper::Error) -> Error {
    let cause = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::UnexpectedEof) => Error::HttpResponseIncomplete,
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => Error::HttpProtocolError,
        Some(_) => Error::ConnectionTerminated,
        None if error.is_incomplete_message() => Error::HttpResponseIncomplete,
        None if error.is_canceled() || error.is_closed() => Error::ConnectionTerminated,
        None => Error::HttpProtocolError,
    }
}

/// What is left to be named where somebody else gives an error of hyper.
pub(super) fn code_of_hyper(error: &hyper::Error) -> ErrorCode {
    match error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        true => ErrorCode::ConnectionTerminated,
        false => ErrorCode::HttpProtocolError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_was_not_made_says_why() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionRefused, "ConnectionRefused"),
            (io::ErrorKind::TimedOut, "ConnectionTimeout"),
            (io::ErrorKind::NetworkUnreachable, "DestinationIpUnroutable"),
            (io::ErrorKind::PermissionDenied, "DestinationUnavailable"),
        ] {
            assert_eq!(format!("{:?}", of_connect(&kind.into())), expected);
        }
    }

    #[test]
    fn a_certificate_is_told_from_other_troubles_of_tls() {
        let told = |error: rustls::Error| {
            let (code, sentence) = of_tls(&io::Error::new(io::ErrorKind::InvalidData, error));
            (format!("{code:?}"), sentence.is_some())
        };
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert_eq!(told(unknown), ("TlsCertificateError".into(), true));
        let (code, sentence) = told(rustls::Error::AlertReceived(
            rustls::AlertDescription::HandshakeFailure,
        ));
        assert!(
            code.starts_with("TlsAlertReceived { alert_id: Some(40)") && !sentence,
            "{code}"
        );
        assert_eq!(
            told(rustls::Error::DecryptError),
            ("TlsProtocolError".into(), false)
        );
        let (code, _) = of_tls(&io::ErrorKind::UnexpectedEof.into());
        assert!(matches!(code, Error::ConnectionTerminated));
    }
}
