//! Which bodies of HTTP are text in an event, and which stand in it in base64.

/// Whether a content type is one of text, whatever the order of its parameters.
pub(crate) fn is_textual(content_type: &str) -> bool {
    let kind = media_type(content_type);
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || [
            "application/json",
            "application/javascript",
            "application/xml",
        ]
        .contains(&&*kind)
}

/// A content type without its parameters, in lower case.
pub(crate) fn media_type(content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// Whether JSON would write a text about as long as it is: other control characters take six, so that a
/// body of them would become an event of six times its size.
pub(crate) fn keeps_its_size(text: &str) -> bool {
    !text.contains(|character| character < ' ' && !matches!(character, '\t' | '\n' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_by_the_media_type_alone() {
        for kind in ["text/html", "Application/JSON; charset=utf-8", "a/b+xml"] {
            assert!(is_textual(kind), "{kind}");
        }
        for kind in ["", "image/png", "application/octet-stream; a=text/html"] {
            assert!(!is_textual(kind), "{kind}");
        }
        assert_eq!(media_type(" A/B ; c=D"), "a/b");
    }

    #[test]
    fn control_characters_but_for_spaces_are_inflated() {
        assert!(keeps_its_size("a\tb\r\nc"));
        assert!(!keeps_its_size("a\u{1}"));
    }
}
