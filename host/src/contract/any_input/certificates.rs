//! What is told of a certificate is what stands in it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::contract::client_certificate::ClientCertificate;
use crate::contract::x509::{Certificate, Name};

/// Names are shown with as many attributes as they have, whatever stands in these; and the certificate comes along as it
/// is.
pub(crate) fn certificate(data: &[u8]) {
    let Some(told) = ClientCertificate::of(data) else {
        return;
    };
    let told = serde_json::to_value(&told).expect("texts have a JSON form");
    let text = |member: &str| told[member].as_str().expect("a text");
    let read = Certificate::read(data).expect("it was read before");
    for (name, shown) in [(&read.subject, "subjectDN"), (&read.issuer, "issuerDN")] {
        let shown = text(shown);
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
        if is_usual(name) {
            let attributes: usize = name.iter().map(Vec::len).sum();
            assert_eq!(attributes_shown(shown), attributes, "{shown:?}");
        }
    }
    let lines: Vec<_> = text("clientCertPem").lines().collect();
    let encoded = lines[1..lines.len() - 1].concat();
    let decoded = BASE64_STANDARD.decode(encoded).expect("base64");
    assert_eq!(decoded, data);
}

/// Whether there is something in each part of it.
fn is_usual(name: &Name<'_>) -> bool {
    !name.is_empty() && name.iter().all(|part| !part.is_empty())
}

/// As many as there are between separators that are not escaped.
fn attributes_shown(shown: &str) -> usize {
    let mut chars = shown.chars();
    let mut separators = 0;
    while let Some(char) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            ',' | '+' => separators += 1,
            _ => {}
        }
    }
    separators + 1
}
