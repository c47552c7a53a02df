//! The log tail of an invocation, taken apart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The end of an invocation's log, as the answer carries it.
#[derive(Clone, Debug)]
pub struct Log {
    /// The bytes of the tail.
    pub bytes: Vec<u8>,
}

impl Log {
    /// Reads the value of `X-Amz-Log-Result`.
    #[track_caller]
    pub fn decode(header: &str) -> Self {
        Self {
            bytes: STANDARD.decode(header).expect("a log tail in base64"),
        }
    }

    /// The tail as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The lines of the function itself, without START, END and REPORT.
    pub fn lines(&self) -> Vec<String> {
        let is_ours = |line: &&str| {
            ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "]
                .iter()
                .all(|start| !line.starts_with(start))
        };
        self.text()
            .lines()
            .filter(is_ours)
            .map(str::to_owned)
            .collect()
    }

    /// The REPORT line, which ends every log.
    #[track_caller]
    pub fn report(&self) -> String {
        let text = self.text();
        let line = text.lines().find(|line| line.starts_with("REPORT "));
        line.unwrap_or_else(|| panic!("no REPORT line in {text:?}"))
            .to_owned()
    }

    /// A figure of the REPORT line, such as `Max Memory Used`.
    #[track_caller]
    pub fn figure(&self, name: &str) -> f64 {
        self.field(name)
            .and_then(|value| value.split(' ').next()?.parse().ok())
            .unwrap_or_else(|| panic!("no figure {name:?} in {:?}", self.report()))
    }

    /// A field of the REPORT line, such as `Status`.
    #[track_caller]
    pub fn field(&self, name: &str) -> Option<String> {
        self.report()
            .split('\t')
            .find_map(|field| field.strip_prefix(name)?.strip_prefix(": "))
            .map(str::to_owned)
    }
}
