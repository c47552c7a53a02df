//! Which HTTP requests a function may send: what its owner lists.
//!
//! The list stands in the variable [`ALLOW_HTTP_VARIABLE`], its rules apart by commas or blanks. A rule
//! is `scheme://host[:port]`. The scheme is `http`, `https` or `*`; the port is the scheme's where none is
//! given, and `*` is any. The host is a name, `*.example.com` (whatever is below it, not it itself), an
//! address, a network such as `10.0.0.0/8` or `[fd00::]/8`, or `*`.
//!
//! Names lead to addresses, and who holds a name decides to which. So an address that is not public (see
//! [`AddressKind`]) is allowed only by a rule that has it, or its network, in it; one of a metadata service
//! only by a rule that has that very address.

mod rule;
#[cfg(test)]
mod tests;

use core::net::IpAddr;
use std::fmt;

use super::address_kind::AddressKind;
use super::origin::Origin;
use rule::Rule;

/// The environment variable with the rules of a function.
pub const ALLOW_HTTP_VARIABLE: &str = "SPARKLER_ALLOW_HTTP";

/// Rules of one function: far more than fit into its variables.
const RULES_MAX: usize = 1_000;

/// What an error repeats of a rule.
const QUOTED_CHARS_MAX: usize = 200;

/// The requests that a function may send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowHttp {
    rules: Vec<Rule>,
}

/// Text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedRule {
    rule: String,
    problem: String,
}

impl std::error::Error for MalformedRule {}

impl fmt::Display for MalformedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{ALLOW_HTTP_VARIABLE} has the rule '{}', which {}. A rule is scheme://host[:port], such as \
             https://api.example.com or http://127.0.0.1:8080.",
            self.rule, self.problem
        )
    }
}

impl AllowHttp {
    /// Reads a list of rules.
    ///
    /// # Errors
    /// For the first that is none.
    pub fn parse(text: &str) -> Result<Self, MalformedRule> {
        let is_between = |c: char| c == ',' || c.is_whitespace();
        let texts = text.split(is_between).filter(|text| !text.is_empty());
        let malformed = |text: &str, problem: String| MalformedRule {
            rule: text.chars().take(QUOTED_CHARS_MAX).collect(),
            problem,
        };
        let mut rules = Vec::new();
        for text in texts {
            if rules.len() == RULES_MAX {
                let problem = format!("is one more than the {RULES_MAX} that there may be");
                return Err(malformed(text, problem));
            }
            rules.push(Rule::parse(text).map_err(|problem| malformed(text, problem))?);
        }
        Ok(Self { rules })
    }

    /// Whether requests may go there, as far as scheme, host and port say.
    pub fn allows(&self, origin: &Origin) -> bool {
        self.rules.iter().any(|rule| rule.allows(origin))
    }

    /// Whether requests to `origin` may go to this address, which is one of its host's.
    ///
    /// # Errors
    /// With what the address is, where it is not.
    pub fn check_address(&self, origin: &Origin, address: IpAddr) -> Result<(), AddressKind> {
        let Some(kind) = AddressKind::of(address) else {
            return Ok(());
        };
        let is_named = self
            .rules
            .iter()
            .any(|rule| rule.names(origin, address.to_canonical(), kind));
        match is_named {
            true => Ok(()),
            false => Err(kind),
        }
    }

    /// The rules as they were given, in lower case.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(Rule::as_str)
    }
}
