//! What the headers of a request, of its trailers or of an answer cost.

use http::HeaderMap;

/// What the table of headers has for each name: an entry, of which there may be half as many again as there are
/// headers, and its place in the index.
const NAME_BYTES: usize = 112;

/// What it has for each further value of a name, in a list that doubles as it grows.
const FURTHER_VALUE_BYTES: usize = 2 * 72;

/// What a header costs on the wire besides its name and value.
pub(in crate::contract) const LINE_BYTES: usize = ": \r\n".len();

/// What they are as bytes, in the buffer that they were read into.
pub(in crate::contract) fn wire_bytes(headers: &HeaderMap) -> usize {
    let lines = headers.iter();
    lines
        .map(|(name, value)| name.as_str().len() + value.len() + LINE_BYTES)
        .sum()
}

/// What their table is, beside these bytes.
pub(in crate::contract) fn table_bytes(headers: &HeaderMap) -> usize {
    let further = headers.len() - headers.keys_len();
    headers.capacity() * NAME_BYTES + further * FURTHER_VALUE_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    const ONE: HeaderValue = HeaderValue::from_static("1");

    #[test]
    fn bytes_are_those_of_names_and_of_values() {
        let mut headers = HeaderMap::new();
        headers.insert("name", HeaderValue::from_static("value"));
        headers.append("name", ONE);
        assert_eq!(wire_bytes(&headers), "name: value\r\nname: 1\r\n".len());
    }

    #[test]
    fn many_names_and_many_values_of_one_cost_more_than_their_bytes() {
        let mut names = HeaderMap::new();
        let mut values = HeaderMap::new();
        for number in 0..1_000 {
            let name = HeaderName::try_from(format!("x-{number}")).expect("a name");
            names.insert(name, ONE);
            values.append("x", ONE);
        }
        for headers in [names, values] {
            let (table, wire) = (table_bytes(&headers), wire_bytes(&headers));
            assert!(table >= 100 * headers.len() && table > 10 * wire, "{table}");
        }
    }
}
