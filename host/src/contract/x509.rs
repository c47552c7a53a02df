//! What stands in a certificate (RFC 5280): its number, its names and its times.
//!
//! That it is sound, and who vouches for it, has been judged before by those who speak TLS. Here it is only read, and
//! whatever is not as it should be is no certificate.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::domain::times;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VISIBLE_STRING: u8 = 0x1a;
const BMP_STRING: u8 = 0x1e;
/// The version, where it is not the first one.
const VERSION: u8 = 0xa0;

/// Short names of the kinds of attributes, as OpenSSL has them.
const KINDS: [(&str, &str); 14] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "GN"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// A certificate, as far as it is read here.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// In bytes, the largest first.
    pub(super) serial_number: &'a [u8],
    pub(super) issuer: Name<'a>,
    pub(super) not_before: SystemTime,
    pub(super) not_after: SystemTime,
    pub(super) subject: Name<'a>,
}

/// A distinguished name: parts, of which nearly all have one attribute.
pub(super) type Name<'a> = Vec<Vec<Attribute<'a>>>;

/// One attribute of a name.
#[derive(Debug)]
pub(super) struct Attribute<'a> {
    kind: &'a [u8],
    /// Its value, as it is encoded.
    pub(super) value: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads one that is encoded in DER; `None` where these bytes are none.
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut whole = Elements(der);
        let mut certificate = whole.inside(SEQUENCE)?;
        let mut signed = certificate.inside(SEQUENCE)?;
        if signed.0.first() == Some(&VERSION) {
            signed.next()?;
        }
        let serial_number = signed.content(INTEGER)?;
        signed.content(SEQUENCE)?;
        let issuer = name(signed.inside(SEQUENCE)?)?;
        let mut times = signed.inside(SEQUENCE)?;
        let (not_before, not_after) = (time(&mut times)?, time(&mut times)?);
        let subject = name(signed.inside(SEQUENCE)?)?;
        certificate.content(SEQUENCE)?;
        certificate.content(BIT_STRING)?;
        Some(Self {
            serial_number,
            issuer,
            not_before,
            not_after,
            subject,
        })
    }
}

impl Attribute<'_> {
    /// What it is about: a short name, or numbers where it has none here.
    pub(super) fn kind(&self) -> Cow<'static, str> {
        let numbers = numbers(self.kind);
        let known = KINDS.iter().find(|(kind, _)| *kind == numbers);
        known.map_or(Cow::Owned(numbers), |(_, name)| Cow::Borrowed(*name))
    }

    /// Its value, where that is a text.
    pub(super) fn text(&self) -> Option<String> {
        let element = Elements(self.value).next()?;
        match element.tag {
            UTF8_STRING | NUMERIC_STRING | PRINTABLE_STRING | IA5_STRING | VISIBLE_STRING => {
                String::from_utf8(element.content.to_vec()).ok()
            }
            TELETEX_STRING => Some(element.content.iter().copied().map(char::from).collect()),
            BMP_STRING => {
                let pairs = element.content.chunks_exact(2);
                let is_whole = pairs.remainder().is_empty();
                let units: Vec<_> = pairs
                    .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                    .collect();
                String::from_utf16(&units).ok().filter(|_| is_whole)
            }
            _ => None,
        }
    }
}

fn name(mut parts: Elements<'_>) -> Option<Name<'_>> {
    let mut name = Vec::new();
    while !parts.0.is_empty() {
        let mut part = parts.inside(SET)?;
        let mut attributes = Vec::new();
        while !part.0.is_empty() {
            let mut attribute = part.inside(SEQUENCE)?;
            attributes.push(Attribute {
                kind: attribute.content(OBJECT_IDENTIFIER)?,
                value: attribute.next()?.whole,
            });
        }
        name.push(attributes);
    }
    Some(name)
}

/// A moment, `YYMMDDHHMMSSZ` or with a year of four digits.
fn time(times: &mut Elements<'_>) -> Option<SystemTime> {
    let element = times.next()?;
    let text = std::str::from_utf8(element.content).ok()?;
    let text = match element.tag {
        UTC_TIME => match text.get(..2)?.parse::<u8>().ok()? {
            ..50 => format!("20{text}"),
            50.. => format!("19{text}"),
        },
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let (day, time) = text.split_at_checked(8)?;
    times::parse_compact(&format!("{day}T{time}"))
}

/// `2.5.4.3`
fn numbers(encoded: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number = 0_u64;
    for byte in encoded {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(number);
            number = 0;
        }
    }
    if let Some(first) = numbers.first_mut() {
        // The first two are in one.
        let root = (*first / 40).min(2);
        *first -= 40 * root;
        numbers.insert(0, root);
    }
    let numbers: Vec<_> = numbers.iter().map(u64::to_string).collect();
    numbers.join(".")
}

/// Elements of DER, one behind the other.
struct Elements<'a>(&'a [u8]);

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// With tag and length.
    whole: &'a [u8],
}

impl<'a> Elements<'a> {
    fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // Certificates have less than four gigabytes.
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Element {
            tag,
            content,
            whole,
        })
    }

    /// The content of the next one, if it is of this kind.
    fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        let element = self.next()?;
        (element.tag == tag).then_some(element.content)
    }

    /// Those within the next one, if it is of this kind.
    fn inside(&mut self, tag: u8) -> Option<Self> {
        self.content(tag).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    fn certificate() -> Vec<u8> {
        let key = KeyPair::generate().expect("a key");
        let made = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let made = made.self_signed(&key).expect("a certificate");
        made.der().to_vec()
    }

    #[test]
    fn what_is_cut_off_or_altered_is_read_as_something_or_nothing() {
        let der = certificate();
        assert!(Certificate::read(&der).is_some());
        for end in 0..der.len() {
            assert!(Certificate::read(&der[..end]).is_none(), "{end}");
        }
        for at in 0..der.len() {
            for byte in [0, 1, 0x1f, 0x30, 0x7f, 0x80, 0x84, 0x85, 0xff] {
                let mut altered = der.clone();
                altered[at] = byte;
                if let Some(read) = Certificate::read(&altered) {
                    let attributes = read.subject.iter().chain(&read.issuer).flatten();
                    attributes.for_each(|attribute| drop((attribute.kind(), attribute.text())));
                }
            }
        }
    }

    #[test]
    fn kinds_have_their_short_names_and_others_their_numbers() {
        for (encoded, shown) in [
            (&[0x55, 4, 3][..], "CN"),
            (
                &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
                "emailAddress",
            ),
            (
                &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25],
                "DC",
            ),
            (&[0x88, 0x37, 1], "2.999.1"),
            (&[], ""),
        ] {
            let attribute = Attribute {
                kind: encoded,
                value: &[],
            };
            assert_eq!(attribute.kind(), shown);
        }
    }

    #[test]
    fn texts_of_every_kind_are_texts_and_other_values_are_none() {
        for (value, text) in [
            (&[UTF8_STRING, 2, 0xc3, 0xbc][..], Some("ü")),
            (&[PRINTABLE_STRING, 1, b'a'], Some("a")),
            (&[TELETEX_STRING, 1, 0xfc], Some("ü")),
            (&[BMP_STRING, 2, 0, 0xfc], Some("ü")),
            (&[BMP_STRING, 1, 0xfc], None),
            (&[UTF8_STRING, 1, 0xff], None),
            (&[INTEGER, 1, 1], None),
            (&[UTF8_STRING, 9, b'a'], None),
        ] {
            let attribute = Attribute { kind: &[], value };
            assert_eq!(attribute.text().as_deref(), text, "{value:?}");
        }
    }

    #[test]
    fn years_have_two_digits_or_four() {
        for (tag, text, shown) in [
            (UTC_TIME, "190528123002Z", Some("2019-05-28T12:30:02.000Z")),
            (UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00.000Z")),
            (
                GENERALIZED_TIME,
                "20500101000000Z",
                Some("2050-01-01T00:00:00.000Z"),
            ),
            (UTC_TIME, "1905281230Z", None),
            (GENERALIZED_TIME, "20500101000000", None),
            (INTEGER, "190528123002Z", None),
        ] {
            let length = u8::try_from(text.len()).expect("short");
            let der = [&[tag, length], text.as_bytes()].concat();
            let read = time(&mut Elements(&der)).map(times::rfc_3339);
            assert_eq!(read.as_deref(), shown, "{text}");
        }
    }
}
