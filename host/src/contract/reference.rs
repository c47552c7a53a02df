//! How callers name functions: by name, by part of an ARN or by the whole, each with or without a
//! qualifier, and the qualifier once more in the query.
//!
//! The patterns are those of the live service, taken literally: `arn:…:function` without a name is a
//! function called `function`. They are slow, so usual spellings are read without them.

use super::constraint::{Broken, Pattern, Violations};
use super::error::WireError;
use super::spelling::{Spelling, is_qualifier};
use crate::domain::name::QUALIFIER_CHARS_MAX;
use crate::domain::{Account, FunctionArn, FunctionName, Qualifier};

static NAMESPACED: Pattern = Pattern::new(
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?",
);
static PLAIN: Pattern = Pattern::new(
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?",
);
static UNQUALIFIED: Pattern = Pattern::new(
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)",
);
static QUALIFIER: Pattern = Pattern::new(r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+");
static PLAIN_QUALIFIER: Pattern = Pattern::new(r"(|[a-zA-Z0-9$_-]+)");

/// Numbers of the groups in the name patterns, of which the last is not in all.
const REGION_GROUP: usize = 3;
const ACCOUNT_GROUP: usize = 9;
const NAME_GROUP: usize = 11;
const QUALIFIER_GROUP: usize = 13;

/// The shapes that the model has for a function's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameShape {
    /// Of operations that read and invoke.
    Namespaced,
    /// Of operations that change.
    Plain,
    /// Of operations that neither versions nor aliases have.
    Unqualified,
}

impl NameShape {
    fn pattern(self) -> &'static Pattern {
        match self {
            Self::Namespaced => &NAMESPACED,
            Self::Plain => &PLAIN,
            Self::Unqualified => &UNQUALIFIED,
        }
    }

    fn chars_max(self) -> usize {
        match self {
            Self::Namespaced => 256,
            Self::Plain | Self::Unqualified => 140,
        }
    }

    /// The name without the patterns, where that can be.
    fn read(self, name: &str) -> Option<Spelling<'_>> {
        let fits = name.len() <= self.chars_max();
        let spelling = fits.then(|| Spelling::read(name, self == Self::Namespaced))??;
        let admitted = spelling.qualifier.is_none() || self != Self::Unqualified;
        admitted.then_some(spelling)
    }

    /// The name as the pattern takes it apart.
    fn matched(self, name: &str) -> Option<Spelling<'_>> {
        let groups = self.pattern().regex().captures(name)?;
        let group = |number| groups.get(number).map(|group| group.as_str());
        Some(Spelling {
            region: group(REGION_GROUP).map(without_colon),
            account: group(ACCOUNT_GROUP).map(without_colon),
            name: group(NAME_GROUP)?,
            qualifier: group(QUALIFIER_GROUP),
        })
    }

    /// Adds what `qualifier` breaks of the constraints that go with this shape.
    fn check_qualifier(self, qualifier: &str, violations: &mut Violations) {
        if qualifier.len() <= QUALIFIER_CHARS_MAX
            && is_qualifier(qualifier)
            && !(self == Self::Plain && qualifier.contains('.'))
        {
            return;
        }
        violations.length("qualifier", qualifier, 1, QUALIFIER_CHARS_MAX);
        let pattern = match self {
            Self::Namespaced => &QUALIFIER,
            Self::Plain | Self::Unqualified => &PLAIN_QUALIFIER,
        };
        violations.pattern("qualifier", qualifier, pattern);
    }

    /// The parts of `name`, where it satisfies this shape's constraints.
    pub(super) fn spelling<'a>(
        self,
        name: &'a str,
        v: &mut Violations,
    ) -> Result<Spelling<'a>, Broken> {
        let fits = name.len() <= self.chars_max();
        let matched = || fits.then(|| self.matched(name)).flatten();
        v.parsed(self.read(name).or_else(matched), |v| {
            v.length("functionName", name, 1, self.chars_max());
            v.pattern("functionName", name, self.pattern());
        })
    }
}

/// A function of this account and region, as a caller asked for it. It need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    name: Name,
    /// The version or alias, if one was asked for.
    pub(super) qualifier: Option<Qualifier>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Possible(FunctionName),
    /// The model admits names with dots and names that are too long; none exists.
    Impossible(String),
}

impl Reference {
    /// Reads a name, and the qualifier of the query if there is one.
    ///
    /// # Errors
    /// For broken constraints, then for another region or account, then for two qualifiers that differ.
    pub(super) fn parse(
        shape: NameShape,
        name: &str,
        qualifier: Option<&str>,
        account: &Account,
    ) -> Result<Self, WireError> {
        if qualifier.is_none()
            && let Some(name) = FunctionName::parse(name)
        {
            return Ok(Self {
                name: Name::Possible(name),
                qualifier: None,
            });
        }
        let mut violations = Violations::default();
        if let Some(qualifier) = qualifier {
            shape.check_qualifier(qualifier, &mut violations);
        }
        let spelling = shape.spelling(name, &mut violations);
        let spelling = violations.settled(|| spelling)?;
        Self::of(&spelling, qualifier, account)
    }

    /// What a name and the qualifier of the query stand for.
    ///
    /// # Errors
    /// For another region or account, then for two qualifiers that differ.
    pub(super) fn of(
        spelling: &Spelling<'_>,
        qualifier: Option<&str>,
        account: &Account,
    ) -> Result<Self, WireError> {
        reachable(spelling.region, spelling.account, account)?;
        let text = spelling.name;
        Ok(Self {
            name: match FunctionName::parse(text) {
                Some(name) => Name::Possible(name),
                None => Name::Impossible(text.into()),
            },
            qualifier: agreed(spelling.qualifier, qualifier)?.map(Qualifier::parse),
        })
    }

    /// The name without region, account and qualifier; `None` where no function can have it.
    pub(super) fn function(&self) -> Option<&FunctionName> {
        match &self.name {
            Name::Possible(name) => Some(name),
            Name::Impossible(_) => None,
        }
    }

    /// The name for an operation on the function as a whole, or on its mutable copy.
    ///
    /// # Errors
    /// Where a published version or an alias is asked for, or no function can have the name.
    pub(super) fn mutable(&self, account: &Account) -> Result<&FunctionName, WireError> {
        match &self.qualifier {
            None | Some(Qualifier::Version(crate::domain::VersionId::Latest)) => {}
            Some(Qualifier::Version(_) | Qualifier::Alias(_) | Qualifier::Unknown(_)) => {
                return Err(WireError::invalid_parameter(
                    "This operation is permitted on Lambda functions only. Aliases and versions do \
                     not support this operation. Please specify either a function name or an \
                     unqualified function ARN.",
                ));
            }
        }
        self.function().ok_or_else(|| self.not_found(account, None))
    }

    /// The name for a new function.
    ///
    /// # Errors
    /// Where it is longer than a name may be, or has a qualifier.
    pub(super) fn new_name(&self) -> Result<&FunctionName, WireError> {
        if self.qualifier.is_some() {
            return Err(WireError::invalid_parameter(
                "A function cannot be created with a version or an alias in its name. Leave out \
                 what follows the last colon.",
            ));
        }
        match &self.name {
            Name::Possible(name) => Ok(name),
            Name::Impossible(name) => Err(WireError::invalid_parameter(format!(
                "1 validation error detected: Value '{name}' at 'functionName' failed to satisfy \
                 constraint: Member must have length less than or equal to 64"
            ))),
        }
    }

    /// The ARN as it was asked for; the error where no function can have the name.
    ///
    /// `unqualified` is what the error names where no qualifier was asked for.
    pub(super) fn arn(
        &self,
        account: &Account,
        unqualified: Option<&Qualifier>,
    ) -> Result<FunctionArn, WireError> {
        match &self.name {
            Name::Possible(name) => Ok(account.function_arn(name, self.qualifier.as_ref())),
            Name::Impossible(_) => {
                let named = self.qualifier.as_ref().or(unqualified);
                Err(self.not_found(account, named))
            }
        }
    }

    /// The error for a function that does not exist.
    pub(super) fn not_found(&self, account: &Account, qualifier: Option<&Qualifier>) -> WireError {
        let arn = self.arn_text(account, qualifier);
        WireError::not_found(format!("Function not found: {arn}"))
    }

    /// The ARN of what was asked for under `qualifier`, also where no function can have the name.
    pub(super) fn arn_text(&self, account: &Account, qualifier: Option<&Qualifier>) -> String {
        let Account { id, region } = account;
        let name = match &self.name {
            Name::Possible(name) => name.as_str(),
            Name::Impossible(name) => name,
        };
        let mut text = format!("arn:aws:lambda:{region}:{id}:function:{name}");
        if let Some(qualifier) = qualifier {
            text.push_str(&format!(":{qualifier}"));
        }
        text
    }
}

fn without_colon(text: &str) -> &str {
    text.strip_suffix(':').unwrap_or(text)
}

fn reachable(region: Option<&str>, id: Option<&str>, account: &Account) -> Result<(), WireError> {
    if let Some(region) = region
        && region != account.region
    {
        return Err(WireError::not_found(format!(
            "Functions from '{region}' are not reachable in this region ('{}')",
            account.region
        )));
    }
    match id {
        Some(id) if id != account.id => Err(WireError::other_account()),
        _ => Ok(()),
    }
}

/// The qualifier of the name and that of the query may both be given, if they are the same.
fn agreed<'a>(
    derived: Option<&'a str>,
    asked: Option<&'a str>,
) -> Result<Option<&'a str>, WireError> {
    match (derived, asked) {
        (Some(derived), Some(asked)) if derived != asked => Err(WireError::invalid_parameter(
            "The derived qualifier from the function name does not match the specified qualifier.",
        )),
        _ => Ok(asked.or(derived)),
    }
}

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod any_input;
#[cfg(test)]
mod tests;
