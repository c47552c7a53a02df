//! A policy: statements, and how they are to be read.

use serde::Serialize;
use serde_json::Value;

use super::error::{Place, PolicyError, meant};
use super::principal::Principal;
use super::statement::{Owner, Statement};
use super::strict_json;
use crate::domain::Named as _;
use crate::domain::named::named;
use crate::limits::POLICY_BYTES_MAX;

named! {
    /// How the texts of a policy are read.
    #[derive(Default)]
    pub(crate) enum Language {
        /// With variables.
        #[default]
        Current = "2012-10-17",
        /// `${…}` is text.
        First = "2008-10-17",
    }
}

/// A policy: of an identity, where no statement has principals, or of a resource, where each has. Without
/// statements there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub(super) language: Language,
    pub(super) id: Option<String>,
    pub(super) statements: Vec<Statement>,
}

impl Default for Document {
    fn default() -> Self {
        Self::empty()
    }
}

/// What the policies of resources are called where nobody has given them a name.
const DEFAULT_ID: &str = "default";

const MEMBERS: [&str; 3] = ["Version", "Id", "Statement"];

impl Document {
    /// No policy.
    pub const fn empty() -> Self {
        Self {
            language: Language::Current,
            id: None,
            statements: Vec::new(),
        }
    }

    /// The policy of an identity, a permissions boundary or a session policy.
    ///
    /// # Errors
    /// With what is wrong and where.
    pub fn identity(text: &str) -> Result<Self, PolicyError> {
        Self::read(text, Owner::Identity)
    }

    /// The policy of a resource.
    ///
    /// # Errors
    /// With what is wrong and where.
    pub fn resource(text: &str) -> Result<Self, PolicyError> {
        let read = Self::read(text, Owner::Resource)?;
        read.check_principals()?;
        Ok(read)
    }

    /// The policy of a role: who may assume it. It has no resources.
    ///
    /// # Errors
    /// With what is wrong and where. Nothing is said to everybody without a condition: those who may assume a role are
    /// named.
    pub(crate) fn trust(text: &str) -> Result<Self, PolicyError> {
        let read = Self::read(text, Owner::Role)?;
        read.check_principals()?;
        match read.statements.iter().any(Statement::allows_everybody) {
            true => Err(Place::Document.member("Statement").wrong(
                "it would let everybody assume the role: name accounts, users or roles, or say in a Condition who is \
                 meant",
            )),
            false => Ok(read),
        }
    }

    /// Refuses principals that stand for several: they would be nobody's.
    fn check_principals(&self) -> Result<(), PolicyError> {
        let principals = self
            .statements
            .iter()
            .filter_map(|one| one.principals.as_ref());
        let mut named = principals.flat_map(|principals| principals.listed());
        let is_pattern = |principal: &&Principal| match principal {
            Principal::Aws(identity) => identity.arn().contains(['*', '?']),
            Principal::Everybody | Principal::Service(_) => false,
        };
        match named.find(is_pattern) {
            Some(Principal::Aws(identity)) => Err(Place::Document.wrong(format!(
                "the principal '{}' would be nobody's, since principals are compared whole: name \
                 the account, and the ARN in a condition on aws:PrincipalArn",
                identity.arn()
            ))),
            _ => Ok(()),
        }
    }

    fn read(text: &str, owner: Owner) -> Result<Self, PolicyError> {
        let place = Place::Document;
        if text.len() > POLICY_BYTES_MAX {
            return Err(place.wrong(format!(
                "it has {} bytes, and may have {POLICY_BYTES_MAX}: leave out what is not needed",
                text.len()
            )));
        }
        let value = strict_json::read(text)
            .map_err(|error| place.wrong(format!("it cannot be read as JSON: {error}")))?;
        let members = value.as_object().ok_or_else(|| {
            place.wrong("it has to be an object with the members Version and Statement")
        })?;
        if let Some(name) = members
            .keys()
            .find(|name| !MEMBERS.contains(&name.as_str()))
        {
            let known = meant(name, MEMBERS.into_iter());
            return Err(place.wrong(format!("it has no member '{name}': {known}")));
        }
        let language = language(members.get("Version"))?;
        let statements = match members.get("Statement") {
            Some(Value::Array(items)) if !items.is_empty() => items.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => {
                return Err(place
                    .member("Statement")
                    .wrong("has to be a statement or a list of them, not empty"));
            }
        };
        let read = Self {
            language,
            id: id(members.get("Id"))?,
            statements: parsed(statements, owner, language)?,
        };
        read.check_ids()?;
        Ok(read)
    }

    /// The policy of a resource as it was put together before, by its language and name.
    ///
    /// # Errors
    /// With what is wrong and where.
    pub(crate) fn kept(
        language: Language,
        id: Option<String>,
        statements: &[Value],
    ) -> Result<Self, PolicyError> {
        Ok(Self {
            language,
            id,
            statements: parsed(statements, Owner::Resource, language)?,
        })
    }

    /// How its texts are read.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// What its owner calls it.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Its statements.
    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whom the statement `id` is about, as AddPermission would be told.
    pub(crate) fn principals(&self, id: &str) -> Vec<String> {
        let mut all = self.statements.iter();
        let found = all.find(|statement| statement.id.as_deref() == Some(id));
        found.map_or_else(Vec::new, Statement::principals)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Its JSON, members in AWS's order.
    pub fn text(&self) -> String {
        let ordered = Ordered {
            version: self.language.name(),
            id: self.id.as_deref().unwrap_or(DEFAULT_ID),
            statement: &self.statements,
        };
        serde_json::to_string(&ordered).expect("texts and objects of texts have a JSON form")
    }

    fn check_ids(&self) -> Result<(), PolicyError> {
        let ids = || {
            self.statements
                .iter()
                .map(|statement| statement.id.as_deref())
        };
        let is_twice = |(at, id): &(usize, Option<&str>)| {
            id.is_some() && ids().take(*at).any(|other| other == *id)
        };
        match ids().enumerate().find(is_twice) {
            Some((at, Some(id))) => {
                let statements = Place::Document.member("Statement");
                let place = statements.item(at);
                Err(place.member("Sid").wrong(format!(
                    "'{id}' is the id of another statement as well: give each its own"
                )))
            }
            _ => Ok(()),
        }
    }
}

fn parsed(
    statements: &[Value],
    owner: Owner,
    language: Language,
) -> Result<Vec<Statement>, PolicyError> {
    let variables = language == Language::Current;
    let place = Place::Document.member("Statement");
    let parsed = statements.iter().enumerate();
    let parsed =
        parsed.map(|(at, value)| Statement::parse(value, owner, variables, place.item(at)));
    parsed.collect()
}

fn language(value: Option<&Value>) -> Result<Language, PolicyError> {
    let Some(value) = value else {
        return Ok(Language::First);
    };
    value.as_str().and_then(Language::named).ok_or_else(|| {
        let names = Language::names().join("\" or \"");
        let place = Place::Document.member("Version");
        place.wrong(format!("has to be \"{names}\": it is no date of yours"))
    })
}

fn id(value: Option<&Value>) -> Result<Option<String>, PolicyError> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Place::Document.member("Id").wrong("has to be a text")),
    }
}

/// A policy, its members in AWS's order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Ordered<'a> {
    version: &'static str,
    id: &'a str,
    statement: &'a [Statement],
}
