//! XML, as far as answers need it.

use std::fmt::Write as _;

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};

use crate::domain::RequestId;

const XML: HeaderValue = HeaderValue::from_static("text/xml");
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// What is written in the place of a character that XML cannot have.
const NO_CHARACTER: char = '\u{fffd}';

/// An element.
pub(super) struct Element {
    name: String,
    content: Content,
}

enum Content {
    Text(String),
    Elements(Vec<Element>),
}

impl Element {
    /// One with text in it.
    pub(super) fn text(name: &str, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            content: Content::Text(text.into()),
        }
    }

    /// One with others in it.
    pub(super) fn of(name: impl Into<String>, elements: Vec<Self>) -> Self {
        Self {
            name: name.into(),
            content: Content::Elements(elements),
        }
    }

    /// Adds it as AWS writes it: each element in a line of its own, two blanks further in than the one around it.
    fn write(&self, text: &mut String, depth: usize, attributes: &str) {
        let (name, indent) = (&self.name, "  ".repeat(depth));
        let _ = write!(text, "{indent}<{name}{attributes}>");
        match &self.content {
            Content::Text(content) => write_escaped(text, content),
            Content::Elements(elements) => {
                text.push('\n');
                for element in elements {
                    element.write(text, depth + 1, "");
                }
                text.push_str(&indent);
            }
        }
        let _ = writeln!(text, "</{name}>");
    }
}

/// The answer to a request for `action`, with what it gives.
pub(super) fn answer(action: &str, given: Vec<Element>, id: RequestId) -> Response {
    let id = Element::text("RequestId", id.to_string());
    let all = vec![
        Element::of(format!("{action}Result"), given),
        Element::of("ResponseMetadata", vec![id]),
    ];
    document(
        StatusCode::OK,
        &Element::of(format!("{action}Response"), all),
    )
}

/// An answer whose body is this element.
pub(super) fn document(status: StatusCode, root: &Element) -> Response {
    let mut response = Response::new(Body::from(text_of(root)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, XML);
    response
}

fn text_of(root: &Element) -> String {
    let mut text = String::new();
    root.write(&mut text, 0, &format!(" xmlns=\"{NAMESPACE}\""));
    text
}

fn write_escaped(text: &mut String, content: &str) {
    for character in content.chars() {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            // Written plainly, a reader would take it for the end of a line.
            '\r' => text.push_str("&#xD;"),
            '\t' | '\n' => text.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => text.push(NO_CHARACTER),
            _ => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_written_as_aws_writes_them() {
        let inner = vec![Element::text("A", "1"), Element::of("B", Vec::new())];
        let root = Element::of("Root", vec![Element::of("R", inner)]);
        assert_eq!(
            text_of(&root),
            "<Root xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <R>\n    <A>1</A>\n    <B>\n    </B>\n  </R>\n\
             </Root>\n"
        );
    }

    #[test]
    fn no_text_becomes_anything_but_text() {
        let mut text = String::new();
        write_escaped(&mut text, "</A>&\"'\r\n\t\0\u{1b}ü");
        assert_eq!(
            text,
            "&lt;/A&gt;&amp;&quot;&apos;&#xD;\n\t\u{fffd}\u{fffd}ü"
        );
    }
}
