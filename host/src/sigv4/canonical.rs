//! The parts of a request in the one form in which they are signed.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// Every service but S3 encodes the path, which is encoded already, once more.
pub(super) fn path_encoded_again(path: &str) -> String {
    let mut text = String::with_capacity(path.len() + 16);
    encode(&mut text, path.as_bytes(), true);
    text
}

/// The parameters of a query in their order, but for those that `is_left_out` names: sorted by what they are
/// when they are encoded strictly. A plus sign is one, and no blank.
pub(super) fn query(query: &str, is_left_out: impl Fn(&str) -> bool) -> String {
    let mut parameters: Vec<(String, String)> = parameters(query)
        .filter(|(name, _)| !is_left_out(name))
        .map(|(name, value)| (encoded_strictly(name), encoded_strictly(value)))
        .collect();
    parameters.sort_unstable();
    let mut text = String::with_capacity(query.len());
    for (name, value) in parameters {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&name);
        text.push('=');
        text.push_str(&value);
    }
    text
}

/// The parameters of a query as they were sent; one without a value has an empty one.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// A text that may be encoded, encoded once and in one way.
pub(super) fn encoded_strictly(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    encode(&mut encoded, &bytes, false);
    encoded
}

/// Adds the value of a header, without the blanks around it, and with one in the place of several.
pub(super) fn add_trimmed(text: &mut Vec<u8>, value: &[u8]) {
    let words = value
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|word| !word.is_empty());
    for (position, word) in words.enumerate() {
        if position > 0 {
            text.push(b' ');
        }
        text.extend_from_slice(word);
    }
}

/// Adds bytes with all but the unreserved ones encoded.
pub(super) fn encode(text: &mut String, bytes: &[u8], keeps_slashes: bool) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(*byte));
            }
            b'/' if keeps_slashes => text.push('/'),
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_encoded_once_more() {
        assert_eq!(path_encoded_again("/arn%3Aaws/a~b"), "/arn%253Aaws/a~b");
        assert_eq!(path_encoded_again("/a:b//c"), "/a%3Ab//c");
    }

    #[test]
    fn parameters_are_sorted_by_what_they_are_encoded() {
        let sorted = |text| query(text, |_| false);
        assert_eq!(sorted("b=2&a=%2f&a=1&c"), "a=%2F&a=1&b=2&c=");
        assert_eq!(sorted("Qualifier=$LATEST"), "Qualifier=%24LATEST");
        assert_eq!(sorted("a=1+2&b=%zz"), "a=1%2B2&b=%25zz");
        assert_eq!(sorted("A-3=1&A=2&%E1%88%B4=3"), "%E1%88%B4=3&A=2&A-3=1");
        assert_eq!(query("a=1&b=2", |name| name == "a"), "b=2");
        assert_eq!(sorted(""), "");
    }

    #[test]
    fn blanks_of_headers_collapse() {
        let mut text = Vec::new();
        add_trimmed(&mut text, b"  a   b\tc \"d   e\" ");
        assert_eq!(text, b"a b c \"d e\"");
    }
}
