//! The names of segments, and their first line.
//!
//! The name of a group comes from clients. So only what is harmless in the name of a file stays, and a
//! name that is too long for one is replaced by its digest; the first line of each segment has it whole.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::Digest;

/// What stays as it is; a dot does not, since it has a meaning to file systems.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Longest part of a file name that the name of a group may be: file systems allow 255 for the whole.
const ENCODED_BYTES_MAX: usize = 200;

/// Longest first line: a group's name has at most 512 characters.
pub(super) const HEADER_BYTES_MAX: usize = 1024;

const MAGIC: &str = "sparkler-log 1";

/// What the names of a group's segments begin with. No two groups share it.
pub(super) fn stem(group: &str) -> String {
    let encoded = utf8_percent_encode(group, PLAIN).to_string();
    match encoded.len() {
        0..=ENCODED_BYTES_MAX => encoded,
        _ => format!("~{}", Digest::of(group.as_bytes())),
    }
}

/// The name of a segment.
pub(super) fn name(group: &str, number: u64) -> String {
    format!("{}@{number:010}", stem(group))
}

/// What a segment's name begins with, and its number.
pub(super) fn parse(name: &str) -> Option<(&str, u64)> {
    let (stem, number) = name.split_once('@')?;
    let digits = number.len() >= 10 && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((stem, number.parse().ok().filter(|_| digits)?))
}

/// The first line of a segment: the group, and when it began.
pub(super) fn header(group: &str, created_ms: u64) -> Vec<u8> {
    format!("{MAGIC} {created_ms} {group}\n").into_bytes()
}

/// What the first line of a segment says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) group: String,
    pub(super) created_ms: u64,
    pub(super) bytes: usize,
}

/// Reads the first line of a segment.
pub(super) fn parse_header(bytes: &[u8]) -> Option<Header> {
    let bytes = &bytes[..bytes.len().min(HEADER_BYTES_MAX)];
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    let (created_ms, group) = line
        .strip_prefix(MAGIC)?
        .strip_prefix(' ')?
        .split_once(' ')?;
    Some(Header {
        group: group.to_owned(),
        created_ms: created_ms.parse().ok()?,
        bytes: end + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_means_harm_is_a_plain_file_name() {
        assert_eq!(
            name("/aws/lambda/fn-1_x", 7),
            "%2Faws%2Flambda%2Ffn-1_x@0000000007"
        );
        for group in [
            "..",
            "../../etc/passwd",
            ".",
            "a\0b",
            "a@1",
            "~a",
            "a\nb",
            &"/".repeat(512),
        ] {
            let name = name(group, 1);
            assert!(name.len() <= 255, "{name}");
            assert!(!name.contains(['/', '.', '\0', '\n']), "{name}");
            let (found, number) = parse(&name).expect("it is one of ours");
            assert_eq!((found, number), (stem(group).as_str(), 1));
        }
    }

    #[test]
    fn groups_do_not_share_names() {
        let long = "x".repeat(500);
        let groups = ["a/b", "a%2Fb", "a.b", "~a", &long, &format!("{long}y")];
        let stems: std::collections::BTreeSet<_> = groups.iter().map(|group| stem(group)).collect();
        assert_eq!(stems.len(), groups.len());
    }

    #[test]
    fn what_is_not_ours_is_no_segment() {
        for name in ["notes.txt", "a@", "a@1", "a@x000000001", "a@00000000x1"] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_first_line_has_the_name_whole() {
        let bytes = [header("/aws/lambda/fn", 17).as_slice(), b"frames"].concat();
        let found = parse_header(&bytes).expect("it is a header");
        assert_eq!(
            (found.group.as_str(), found.created_ms),
            ("/aws/lambda/fn", 17)
        );
        assert_eq!(&bytes[found.bytes..], b"frames");
        assert_eq!(parse_header(b"sparkler-log 1 17 /aws/lambda/fn"), None);
        assert_eq!(parse_header(b"something else\n"), None);
    }
}
