//! One statement of a policy: its parts as values, and whether it counts for a request.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::asked::Asked;
use super::condition::Condition;
use super::error::{Place, PolicyError, meant};
use super::operator::Operator;
use super::pattern::{Pattern, Syntax};
use super::principal::{self, Principal, Reach};
use super::texts;
use super::truth::Truth;
use crate::domain::Named as _;
use crate::domain::named::named;

named! {
    /// What a statement does where it counts.
    pub(super) enum Effect {
        /// What it says is allowed.
        Allow = "Allow",
        /// What it says is denied, whatever else is said.
        Deny = "Deny",
    }
}

/// Some of all there are: those that are listed, or all others.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Selection<T> {
    In(Vec<T>),
    NotIn(Vec<T>),
}

impl<T> Selection<T> {
    pub(super) fn listed(&self) -> &[T] {
        match self {
            Self::In(listed) | Self::NotIn(listed) => listed,
        }
    }

    fn is_negated(&self) -> bool {
        matches!(self, Self::NotIn(_))
    }
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    /// Unique within the policy, where there is one.
    pub(super) id: Option<String>,
    pub(super) effect: Effect,
    /// In policies of resources; those of identities are about who has them.
    pub(super) principals: Option<Selection<Principal>>,
    pub(super) actions: Selection<Pattern>,
    pub(super) resources: Selection<Pattern>,
    pub(super) conditions: Vec<Condition>,
}

/// What a policy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Identity,
    Resource,
    /// A role, of which it says who may assume it.
    Role,
}

/// Members of a statement in AWS's order.
const MEMBERS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// Longest id of a statement.
const SID_CHARS_MAX: usize = 256;

impl Statement {
    /// The statement that `value` is; `variables` says whether `${…}` is more than text.
    ///
    /// # Errors
    /// With what is wrong and where.
    pub(super) fn parse(
        value: &Value,
        owner: Owner,
        variables: bool,
        place: Place<'_>,
    ) -> Result<Self, PolicyError> {
        let members = value.as_object().ok_or_else(|| {
            place.wrong("has to be an object with the members Effect, Action and Resource")
        })?;
        if let Some(name) = members
            .keys()
            .find(|name| !MEMBERS.contains(&name.as_str()))
        {
            let known = meant(name, MEMBERS.into_iter());
            return Err(place.wrong(format!("a statement has no member '{name}': {known}")));
        }
        let syntax = Syntax {
            wildcards: true,
            variables,
        };
        let effect = effect(members, place)?;
        Ok(Self {
            id: id(members, place)?,
            effect,
            principals: principals(members, owner, effect, place)?,
            actions: selected(members, ["Action", "NotAction"], place, action)?,
            resources: resources(members, owner, place, syntax)?,
            conditions: conditions(members, variables, place)?,
        })
    }

    /// Whom it is about: everybody, where it names those that it is not about.
    pub(super) fn principals(&self) -> Vec<String> {
        match &self.principals {
            Some(Selection::In(listed)) => listed.iter().map(Principal::text).collect(),
            Some(Selection::NotIn(_)) => vec![Principal::Everybody.text()],
            None => Vec::new(),
        }
    }

    /// Its id, where it has one.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether it allows something to whoever asks, known or not, whatever else is so.
    pub(super) fn allows_everybody(&self) -> bool {
        let names_all = match &self.principals {
            Some(Selection::In(named)) => named.contains(&Principal::Everybody),
            Some(Selection::NotIn(_)) | None => true,
        };
        self.effect == Effect::Allow && names_all && self.conditions.is_empty()
    }

    /// Its JSON, members in AWS's order.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).expect("texts and objects of texts have a JSON form")
    }

    /// How it names the identity that asks, where it counts for what is asked; for a statement that denies,
    /// also where that cannot be known. One without principals is about whoever has it.
    pub(super) fn reach(&self, asked: &Asked<'_>) -> Reach {
        let reach = match &self.principals {
            None => Reach::Own,
            Some(Selection::In(named)) => {
                let reaches = named.iter().map(|named| named.reach(asked.identity()));
                reaches.max().unwrap_or(Reach::None)
            }
            Some(Selection::NotIn(named)) if asked.is_wholly_named(named) => Reach::None,
            Some(Selection::NotIn(_)) => Reach::Shared,
        };
        if reach == Reach::None {
            return reach;
        }
        let counts = match (self.holds(asked), self.effect) {
            (Truth::True, _) | (Truth::Unknown, Effect::Deny) => true,
            (Truth::Unknown, Effect::Allow) | (Truth::False, _) => false,
        };
        if counts { reach } else { Reach::None }
    }

    fn holds(&self, asked: &Asked<'_>) -> Truth {
        let values = |key: &str| asked.values(key);
        let any = |selection: &Selection<Pattern>, value: &str| {
            let listed = selection.listed().iter();
            let any = Truth::any(listed.map(|one| one.matches(value, &values, asked.steps())));
            any.negated_if(selection.is_negated())
        };
        let action = any(&self.actions, asked.action());
        if action == Truth::False {
            return action;
        }
        let resource = any(&self.resources, asked.resource());
        let conditions = self.conditions.iter();
        let conditions = conditions.map(|condition| condition.holds(&values, asked.steps()));
        Truth::all([action, resource].into_iter().chain(conditions))
    }
}

fn id(members: &Map<String, Value>, place: Place<'_>) -> Result<Option<String>, PolicyError> {
    let fits =
        |text: &&str| text.chars().count() <= SID_CHARS_MAX && !text.contains(char::is_control);
    match members.get("Sid") {
        None => Ok(None),
        Some(value) => {
            let text = value.as_str().filter(fits).ok_or_else(|| {
                let wrong =
                    format!("has to be a text in one line, of at most {SID_CHARS_MAX} characters");
                place.member("Sid").wrong(wrong)
            })?;
            Ok(Some(text)
                .filter(|text| !text.is_empty())
                .map(str::to_owned))
        }
    }
}

fn effect(members: &Map<String, Value>, place: Place<'_>) -> Result<Effect, PolicyError> {
    let name = members.get("Effect").and_then(Value::as_str);
    let effect = name.and_then(Effect::named);
    effect.ok_or_else(|| {
        place
            .member("Effect")
            .wrong("has to be \"Allow\" or \"Deny\"")
    })
}

fn principals(
    members: &Map<String, Value>,
    owner: Owner,
    effect: Effect,
    place: Place<'_>,
) -> Result<Option<Selection<Principal>>, PolicyError> {
    let given = ["Principal", "NotPrincipal"].map(|name| members.get(name));
    match (owner, given) {
        (Owner::Identity, [None, None]) => Ok(None),
        (Owner::Identity, _) => Err(place.wrong(
            "the policy of an identity is about who has it: leave Principal and NotPrincipal out",
        )),
        (Owner::Resource | Owner::Role, [Some(value), None]) => {
            let named = principal::parse(value, place.member("Principal"))?;
            Ok(Some(Selection::In(named)))
        }
        (Owner::Resource | Owner::Role, [None, Some(value)]) => {
            let place = place.member("NotPrincipal");
            let named = principal::parse(value, place)?;
            if effect == Effect::Allow || named.contains(&Principal::Everybody) {
                return Err(place.wrong(
                    "goes only with \"Effect\": \"Deny\", and names whom that spares: to allow \
                     something, say to whom with Principal",
                ));
            }
            Ok(Some(Selection::NotIn(named)))
        }
        (Owner::Resource | Owner::Role, _) => Err(place.wrong(
            "the policy of a resource says to whom: write one of Principal and NotPrincipal",
        )),
    }
}

/// Which resources it is about: that of a role is about the role.
fn resources(
    members: &Map<String, Value>,
    owner: Owner,
    place: Place<'_>,
    syntax: Syntax,
) -> Result<Selection<Pattern>, PolicyError> {
    let names = ["Resource", "NotResource"];
    if owner != Owner::Role {
        return selected(members, names, place, |text| resource(text, syntax));
    }
    match names.iter().any(|name| members.contains_key(*name)) {
        true => Err(place.wrong(
            "who may assume a role is said of that role alone: leave Resource and NotResource out",
        )),
        false => {
            let all = Pattern::parse("*", syntax).map_err(|wrong| place.wrong(wrong))?;
            Ok(Selection::In(vec![all]))
        }
    }
}

fn selected(
    members: &Map<String, Value>,
    names: [&str; 2],
    place: Place<'_>,
    read: impl Fn(&str) -> Result<Pattern, String>,
) -> Result<Selection<Pattern>, PolicyError> {
    let patterns = |name: &str, value: &Value| {
        let place = place.member(name);
        let texts = texts::list(value, place)?;
        let patterns = texts
            .into_iter()
            .map(|text| read(text).map_err(|wrong| place.wrong(wrong)));
        patterns.collect::<Result<Vec<_>, _>>()
    };
    match names.map(|name| members.get(name)) {
        [Some(value), None] => Ok(Selection::In(patterns(names[0], value)?)),
        [None, Some(value)] => Ok(Selection::NotIn(patterns(names[1], value)?)),
        _ => Err(place.wrong(format!("write one of {} and {}", names[0], names[1]))),
    }
}

/// `*`, or the name of a service, a colon and a name; without case.
pub(super) fn action(text: &str) -> Result<Pattern, String> {
    let syntax = Syntax {
        wildcards: true,
        variables: false,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-*?".contains(&byte);
    let is_one = text == "*"
        || text.split_once(':').is_some_and(|(service, name)| {
            let parts = [service, name];
            parts
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(fits))
        });
    match is_one {
        true => Pattern::folded(text, syntax),
        false => Err(format!(
            "'{text}' is no action: write a service and an operation, such as \
             lambda:InvokeFunction, with * and ? for any text and any character"
        )),
    }
}

/// `*`, or what can be an ARN.
fn resource(text: &str, syntax: Syntax) -> Result<Pattern, String> {
    let pattern = Pattern::parse(text, syntax)?;
    match text.starts_with("arn:") || text == "*" || pattern.has_variables() {
        true => Ok(pattern),
        false => Err(format!(
            "'{text}' is no resource: write * or an ARN, such as \
             arn:aws:lambda:us-east-1:123456789012:function:NAME, with * and ? for any text and \
             any character"
        )),
    }
}

/// The one resource with this ARN.
pub(super) fn exact(arn: &str) -> Pattern {
    Pattern::parse(arn, Syntax::PLAIN).expect("a text is a pattern of itself")
}

fn conditions(
    members: &Map<String, Value>,
    variables: bool,
    place: Place<'_>,
) -> Result<Vec<Condition>, PolicyError> {
    let Some(value) = members.get("Condition") else {
        return Ok(Vec::new());
    };
    let place = place.member("Condition");
    let mut conditions = Vec::new();
    for (name, keys) in object(value, place)? {
        let operator = Operator::parse(name).map_err(|wrong| place.wrong(wrong))?;
        let place = place.member(name);
        for (key, value) in object(keys, place)? {
            let place = place.member(key);
            conditions.push(Condition::parse(operator, key, value, variables, place)?);
        }
    }
    conditions.sort_by(|one, other| one.order().cmp(&other.order()));
    Ok(conditions)
}

fn object<'a>(value: &'a Value, place: Place<'_>) -> Result<&'a Map<String, Value>, PolicyError> {
    value.as_object().ok_or_else(|| {
        place.wrong(
            "has to be an object, such as {\"StringEquals\": {\"aws:username\": \"ci\"}}: an \
             operator, a key and what it is compared with",
        )
    })
}

/// The members of a statement in AWS's order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Ordered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_principal: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_action: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_resource: Option<Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    condition: Map<String, Value>,
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let principals = self.principals.as_ref();
        let [principal, not_principal] = sides(principals, principal::shown);
        let [action, not_action] = sides(Some(&self.actions), shown_patterns);
        let [resource, not_resource] = sides(Some(&self.resources), shown_patterns);
        let ordered = Ordered {
            sid: self.id.as_deref(),
            effect: self.effect.name(),
            principal,
            not_principal,
            action,
            not_action,
            resource,
            not_resource,
            condition: shown_conditions(&self.conditions),
        };
        ordered.serialize(serializer)
    }
}

/// What is shown of a selection under its name, and under that of its opposite.
fn sides<T>(selection: Option<&Selection<T>>, shown: fn(&[T]) -> Value) -> [Option<Value>; 2] {
    match selection {
        None => [None, None],
        Some(Selection::In(listed)) => [Some(shown(listed)), None],
        Some(Selection::NotIn(listed)) => [None, Some(shown(listed))],
    }
}

fn shown_patterns(patterns: &[Pattern]) -> Value {
    texts::shown(patterns.iter().map(Pattern::shown).collect())
}

fn shown_conditions(conditions: &[Condition]) -> Map<String, Value> {
    let mut shown: Map<String, Value> = Map::new();
    for condition in conditions {
        let keys = shown
            .entry(condition.operator.name())
            .or_insert_with(|| Map::new().into());
        if let Value::Object(keys) = keys {
            keys.insert(
                condition.key.shown.clone(),
                shown_patterns(&condition.values),
            );
        }
    }
    shown
}
