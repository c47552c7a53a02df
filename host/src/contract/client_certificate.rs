//! The certificate that a client has shown, as functions are told of it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::x509::{Attribute, Certificate, Name};
use crate::domain::{hex, times};

/// Characters on a line of PEM.
const PEM_LINE_CHARS: usize = 64;

/// What stands in a certificate, in the form in which AWS's API Gateway tells it to functions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct ClientCertificate {
    #[serde(rename = "clientCertPem")]
    pem: String,
    #[serde(rename = "subjectDN")]
    subject: String,
    #[serde(rename = "issuerDN")]
    issuer: String,
    #[serde(rename = "serialNumber")]
    serial_number: String,
    validity: ShownValidity,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownValidity {
    not_before: String,
    not_after: String,
}

impl ClientCertificate {
    /// What stands in this certificate; `None` where that cannot be read.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::read(der)?;
        Some(Self {
            pem: pem(der),
            subject: shown(&certificate.subject),
            issuer: shown(&certificate.issuer),
            serial_number: number(certificate.serial_number),
            validity: ShownValidity {
                not_before: times::of_certificate(certificate.not_before),
                not_after: times::of_certificate(certificate.not_after),
            },
        })
    }

    /// What it takes, beside the certificate itself.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.pem.len() + self.subject.len() + self.issuer.len()
    }
}

fn pem(der: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in encoded.as_bytes().chunks(PEM_LINE_CHARS) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}

/// `C=US,O=Example\, Inc.,CN=client`: in the order of the certificate, with what separates escaped (RFC 4514), so that
/// no value looks like two.
fn shown(name: &Name<'_>) -> String {
    let parts = name.iter().map(|part| {
        let attributes: Vec<_> = part.iter().map(attribute).collect();
        attributes.join("+")
    });
    parts.collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &Attribute<'_>) -> String {
    let kind = attribute.kind();
    match attribute.text() {
        Some(text) => format!("{kind}={}", escaped(&text)),
        None => format!("{kind}=#{}", hex(attribute.value)),
    }
}

fn escaped(text: &str) -> String {
    let last = text.len().saturating_sub(1);
    let mut escaped = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        let is_special = matches!(char, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || (at == 0 && matches!(char, ' ' | '#'))
            || (at == last && char == ' ');
        match char {
            char if char.is_control() => {
                let mut bytes = [0; 4];
                for byte in char.encode_utf8(&mut bytes).bytes() {
                    escaped += &format!("\\{byte:02X}");
                }
            }
            char if is_special => escaped.extend(['\\', char]),
            char => escaped.push(char),
        }
    }
    escaped
}

/// As OpenSSL shows it: in decimal where it is small, else in bytes, `a1:b2:…`.
fn number(bytes: &[u8]) -> String {
    let first = bytes.iter().position(|byte| *byte != 0);
    let bytes = &bytes[first.unwrap_or(bytes.len())..];
    if bytes.len() <= size_of::<u64>() {
        let number = bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        return number.to_string();
    }
    let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SerialNumber};
    use time::macros::datetime;

    fn certificate(common_name: &str, serial: &[u8]) -> Vec<u8> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, "US");
        name.push(DnType::OrganizationName, "Example, Inc.");
        name.push(DnType::CommonName, common_name);
        params.distinguished_name = name;
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.not_before = datetime!(2019-05-28 12:30:02 UTC);
        params.not_after = datetime!(2021-08-05 09:36:04 UTC);
        let key = KeyPair::generate().expect("a key");
        let made = params.self_signed(&key).expect("a certificate");
        made.der().to_vec()
    }

    #[test]
    fn functions_are_told_what_stands_in_it() {
        let der = certificate("client", &[0xa1; 16]);
        let told = ClientCertificate::of(&der).expect("it can be read");
        let told = serde_json::to_value(&told).expect("JSON");
        let pem = told["clientCertPem"].as_str().expect("a text");
        assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\nMII"), "{pem}");
        assert!(pem.lines().all(|line| line.len() <= PEM_LINE_CHARS));
        assert_eq!(told["subjectDN"], "C=US,O=Example\\, Inc.,CN=client");
        assert_eq!(told["issuerDN"], told["subjectDN"]);
        assert_eq!(told["serialNumber"], ["a1"; 16].join(":"));
        assert_eq!(told["validity"]["notBefore"], "May 28 12:30:02 2019 GMT");
        assert_eq!(told["validity"]["notAfter"], "Aug  5 09:36:04 2021 GMT");
    }

    #[test]
    fn no_value_of_a_name_looks_like_two() {
        for (common_name, shown) in [
            ("a,O=admins", "a\\,O=admins"),
            ("a+b", "a\\+b"),
            ("#a", "\\#a"),
            (" a ", "\\ a\\ "),
            ("a\nb", "a\\0Ab"),
            ("bücher", "bücher"),
        ] {
            let der = certificate(common_name, &[1]);
            let told = ClientCertificate::of(&der).expect("it can be read");
            let expected = format!("C=US,O=Example\\, Inc.,CN={shown}");
            assert_eq!(told.subject, expected, "{common_name}");
        }
    }

    #[test]
    fn a_small_number_is_shown_as_one() {
        for (serial, shown) in [
            (&[1][..], "1"),
            (&[0, 0x9b, 0xab, 0, 0, 0, 0, 0, 0], "11217059296896352256"),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 0], "01:00:00:00:00:00:00:00:00"),
        ] {
            assert_eq!(number(serial), shown);
        }
    }

    #[test]
    fn what_is_no_certificate_is_none() {
        let der = certificate("client", &[1]);
        for broken in [&[][..], b"garbage", &der[..der.len() / 2]] {
            assert_eq!(ClientCertificate::of(broken), None);
        }
    }
}
