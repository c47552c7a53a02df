//! JSON without the spaces between its parts, as AWS writes the answers of functions.

/// `json`, which is one JSON value, without the spaces between its parts. Numbers, the order of members
/// and what strings hold stay as they are.
pub(super) fn compact(json: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for byte in json.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            continue;
        } else {
            in_string = byte == b'"';
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_parts_goes() {
        for (json, expected) in [
            (
                r#" { "b" : 1.0 , "a" : [ 2e3 , null ] } "#,
                r#"{"b":1.0,"a":[2e3,null]}"#,
            ),
            (r#""a b\" c\\" "#, r#""a b\" c\\""#),
            ("[\n\t\"\\\\\" , \" \"\r]", r#"["\\"," "]"#),
            (" 7 ", "7"),
        ] {
            assert_eq!(String::from_utf8_lossy(&compact(json)), expected);
        }
    }
}
