//! The tracing header: taken over from the caller, or made, and given to the guest and in the answer.

use std::ops::Range;

use http::HeaderValue;

use crate::domain::hex::{is_hex, write_hex};

/// Longest header that is taken over: room for the three known fields and some more.
const TAKEN_BYTES_MAX: usize = 512;

const FIELDS_ARE_ASCII: &str = "the fields are hexadecimal digits and dashes";

/// A new trace, and where its digits go.
const TEMPLATE: &[u8; 74] =
    b"Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0";
const SECONDS: Range<usize> = 7..15;
const ROOT: Range<usize> = 16..40;
const PARENT: Range<usize> = 48..64;

/// One trace, as the guest sees it and as the answer shows it.
#[derive(Debug)]
pub(super) struct Trace {
    /// `Root=…;Parent=…;Sampled=…`, and what else the caller had there.
    pub(super) guest: String,
    /// `root=…;parent=…;sampled=…`.
    pub(super) answer: HeaderValue,
}

impl Trace {
    /// The trace that `header` goes on with, or a new one where it holds no root.
    pub(super) fn continued(header: Option<&HeaderValue>) -> Self {
        header
            .and_then(|header| header.to_str().ok())
            .filter(|text| text.len() <= TAKEN_BYTES_MAX)
            .and_then(Self::taken_over)
            .unwrap_or_else(Self::begun)
    }

    fn begun() -> Self {
        let seconds = std::time::UNIX_EPOCH
            .elapsed()
            .map_or(0, |elapsed| elapsed.as_secs());
        let mut guest = *TEMPLATE;
        let seconds = u32::try_from(seconds & 0xffff_ffff).unwrap_or_default();
        write_hex(&mut guest[SECONDS], &seconds.to_be_bytes());
        let mut random = [0; 20];
        rand::fill(&mut random);
        let (root, parent) = random.split_at(12);
        write_hex(&mut guest[ROOT], root);
        write_hex(&mut guest[PARENT], parent);
        // All else is lower case already.
        let answer = guest.to_ascii_lowercase();
        Self {
            answer: HeaderValue::from_bytes(&answer).expect(FIELDS_ARE_ASCII),
            guest: str::from_utf8(&guest).expect(FIELDS_ARE_ASCII).to_owned(),
        }
    }

    fn taken_over(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.split(';')
                .filter_map(|field| field.trim().split_once('='))
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        };
        let root = field("Root").filter(|root| is_root(root))?;
        let mut guest = text.trim().trim_end_matches(';').to_owned();
        let parent = match field("Parent") {
            Some(parent) if is_hex(parent, 16) => parent.to_owned(),
            Some(_) => return None,
            None => {
                let parent = new_parent();
                guest.push_str(&format!(";Parent={parent}"));
                parent
            }
        };
        let sampled = match field("Sampled") {
            Some(sampled @ ("0" | "1" | "?")) => sampled,
            Some(_) => return None,
            None => {
                guest.push_str(";Sampled=0");
                "0"
            }
        };
        Some(Self {
            answer: answer(root, &parent, sampled),
            guest,
        })
    }
}

fn new_parent() -> String {
    format!("{:016x}", rand::random::<u64>())
}

fn answer(root: &str, parent: &str, sampled: &str) -> HeaderValue {
    let text = format!("root={root};parent={parent};sampled={sampled}");
    HeaderValue::try_from(text).expect(FIELDS_ARE_ASCII)
}

fn is_root(text: &str) -> bool {
    let mut parts = text.split('-');
    parts.next() == Some("1")
        && parts.next().is_some_and(|seconds| is_hex(seconds, 8))
        && parts.next().is_some_and(|random| is_hex(random, 24))
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn continued(text: &'static str) -> (String, String) {
        let trace = Trace::continued(Some(&HeaderValue::from_static(text)));
        let answer = trace
            .answer
            .to_str()
            .expect("the answer is ASCII")
            .to_owned();
        (trace.guest, answer)
    }

    #[test]
    fn the_callers_trace_reaches_the_guest_unchanged() {
        let text = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0";
        let (guest, answer) = continued(text);
        assert_eq!(guest, text);
        assert_eq!(
            answer,
            "root=1-5759e988-bd862e3fe1be46a994272793;parent=53995c3f42cd8ad8;sampled=1"
        );
    }

    #[test]
    fn what_the_caller_left_out_is_added() {
        let (guest, answer) = continued("Root=1-5759e988-bd862e3fe1be46a994272793");
        assert!(guest.starts_with("Root=1-5759e988-bd862e3fe1be46a994272793;Parent="));
        assert!(guest.ends_with(";Sampled=0"));
        assert_eq!(guest.to_lowercase(), answer);
    }

    #[test]
    fn a_new_trace_has_fresh_digits_in_all_its_fields() {
        let traces = [(); 2].map(|()| Trace::continued(None).guest);
        for trace in &traces {
            // What was made is what would be taken over.
            let taken = Trace::taken_over(trace).expect("it is well-formed");
            assert_eq!(&taken.guest, trace);
        }
        let fields = traces.map(|trace| {
            let ranges = [ROOT, PARENT];
            ranges.map(|range| trace[range].to_owned())
        });
        let [[root, parent], [other_root, other_parent]] = fields;
        assert!(root != other_root && parent != other_parent);
        let now = std::time::UNIX_EPOCH
            .elapsed()
            .expect("after 1970")
            .as_secs();
        let seconds = u64::from_str_radix(&Trace::continued(None).guest[SECONDS], 16);
        assert!(seconds.expect("digits").abs_diff(now) < 60);
    }

    #[test]
    fn a_trace_without_a_root_is_replaced_by_a_new_one() {
        for text in [
            "",
            "Root=1-2-3",
            "Parent=53995c3f42cd8ad8",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=\t",
        ] {
            let (guest, answer) = continued(text);
            let root = guest
                .strip_prefix("Root=")
                .and_then(|rest| rest.split(';').next());
            assert!(is_root(root.expect("a new root")), "{guest}");
            assert_eq!(guest.to_lowercase(), answer);
        }
    }
}
