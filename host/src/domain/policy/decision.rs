//! Decisions: may somebody do something, and which policy says so.

use std::fmt;
use std::sync::Arc;

use super::asked::Asked;
use super::document::Document;
use super::identity::Kind;
use super::principal::Reach;
use super::request::Request;
use super::statement::{Effect, Statement};

/// The policies that an identity brings with it.
#[derive(Clone, Debug, Default)]
pub struct OwnPolicies {
    /// Those that allow it things.
    pub identity: Vec<Arc<Document>>,
    /// What it may have at most, where that is said.
    pub boundary: Option<Arc<Document>>,
    /// What its session may have at most: together, where there is one.
    pub session: Vec<Arc<Document>>,
}

/// Where a policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// With the identity.
    Identity,
    /// With the identity, as a limit.
    Boundary,
    /// With the identity's session, as a limit.
    Session,
    /// With the resource.
    Resource,
}

/// A statement, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found<'a> {
    /// Of which kind its policy is.
    pub kind: PolicyKind,
    /// Which of the policies of this kind, counted from 0.
    pub policy: usize,
    /// Which of the policy's statements, counted from 0.
    pub place: usize,
    /// The statement's id.
    pub id: Option<&'a str>,
}

/// What the policies of one kind say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion<'a> {
    /// Which kind.
    pub kind: PolicyKind,
    /// Whether there are any.
    pub is_there: bool,
    /// The first statement that denies.
    pub denies: Option<Found<'a>>,
    /// The statement that allows and names the identity most closely.
    pub allows: Option<Found<'a>>,
    reach: Reach,
}

/// Why something is allowed or is not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason<'a> {
    /// A statement allows it, and nothing forbids it.
    Allowed(Found<'a>),
    /// The root of an account may do everything in it.
    Root,
    /// A statement denies it.
    Denied(Found<'a>),
    /// No policy of this kind allows it.
    NotAllowed(PolicyKind),
    /// Its policies take too long to go through.
    TooMuch,
}

/// Whether somebody may do something.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    request: Request<'a>,
    /// Why.
    pub reason: Reason<'a>,
    /// What all policies say: those of the identity, its boundary, its session, and the resource.
    pub opinions: [Opinion<'a>; 4],
}

/// Decides as AWS does: whoever is not allowed may not, and who is denied may not whatever else is said.
///
/// What cannot be known, such as a variable without a value, allows nothing and denies where it is to deny.
pub fn decide<'a>(
    request: Request<'a>,
    own: &'a OwnPolicies,
    resource: &'a Document,
) -> Decision<'a> {
    let asked = Asked::new(request);
    let documents = |kind, documents: &'a [Arc<Document>]| {
        let documents = documents.iter().map(|document| &**document);
        Opinion::of(kind, &asked, documents)
    };
    let opinions = [
        documents(PolicyKind::Identity, &own.identity),
        documents(PolicyKind::Boundary, own.boundary.as_slice()),
        documents(PolicyKind::Session, &own.session),
        Opinion::of(PolicyKind::Resource, &asked, std::iter::once(resource)),
    ];
    let reason = match asked.steps().are_used_up() {
        true => Reason::TooMuch,
        false => reason(&asked, &opinions),
    };
    Decision {
        request,
        reason,
        opinions,
    }
}

fn reason<'a>(asked: &Asked<'_>, opinions: &[Opinion<'a>; 4]) -> Reason<'a> {
    let [identity, boundary, session, resource] = opinions;
    if let Some(denies) = opinions.iter().find_map(|opinion| opinion.denies) {
        return Reason::Denied(denies);
    }
    let none = |kind| Reason::NotAllowed(kind);
    let kind = asked.identity().kind;
    if matches!(kind, Kind::Anonymous | Kind::Service) {
        return resource
            .allows
            .map_or(none(PolicyKind::Resource), Reason::Allowed);
    }
    let stays = asked.stays_in_account();
    if !stays && resource.allows.is_none() {
        return none(PolicyKind::Resource);
    }
    // Only where the resource's account is that of who asks, its policy can replace one of theirs.
    let by_resource = resource
        .allows
        .filter(|_| stays && resource.reach >= Reach::Shared);
    let names_itself = by_resource.is_some() && resource.reach == Reach::Own;
    let limits = match (names_itself, kind) {
        (false, _) => &[boundary, session][..],
        // Who is named as a user is narrowed by the session all the same.
        (true, Kind::User) => &[session],
        (true, _) => &[],
    };
    let root = (kind == Kind::Root).then_some(Reason::Root);
    let own = identity.allows.map(Reason::Allowed);
    let by_resource = by_resource.map(Reason::Allowed);
    let Some(allowed) = root.or(own).or(by_resource) else {
        return none(PolicyKind::Identity);
    };
    match limits
        .iter()
        .find(|limit| limit.is_there && limit.allows.is_none())
    {
        Some(limit) => none(limit.kind),
        None => allowed,
    }
}

impl<'a> Opinion<'a> {
    fn of(
        kind: PolicyKind,
        asked: &Asked<'_>,
        documents: impl Iterator<Item = &'a Document>,
    ) -> Self {
        let mut opinion = Self {
            kind,
            is_there: false,
            denies: None,
            allows: None,
            reach: Reach::None,
        };
        for (policy, document) in documents.enumerate() {
            // A limit without statements is one all the same: it allows nothing.
            opinion.is_there |= kind != PolicyKind::Resource || !document.is_empty();
            for (place, statement) in document.statements().iter().enumerate() {
                opinion.hear(statement, asked, (policy, place));
            }
        }
        opinion
    }

    fn hear(&mut self, statement: &'a Statement, asked: &Asked<'_>, at: (usize, usize)) {
        let is_needed = match statement.effect {
            Effect::Deny => self.denies.is_none(),
            Effect::Allow => self.reach < Reach::Own,
        };
        if !is_needed {
            return;
        }
        let reach = statement.reach(asked);
        let (policy, place) = at;
        let found = Found {
            kind: self.kind,
            policy,
            place,
            id: statement.id.as_deref(),
        };
        match statement.effect {
            Effect::Deny if reach > Reach::None => self.denies = Some(found),
            Effect::Allow if reach > self.reach => (self.allows, self.reach) = (Some(found), reach),
            Effect::Deny | Effect::Allow => {}
        }
    }
}

impl Decision<'_> {
    /// Whether they may.
    pub fn is_allowed(&self) -> bool {
        matches!(self.reason, Reason::Allowed(_) | Reason::Root)
    }

    /// Whether they may, and the policy of the resource says so, too: what is so of roles, which nobody assumes whom they
    /// do not trust.
    pub(crate) fn is_allowed_and_trusted(&self) -> bool {
        let [.., resource] = &self.opinions;
        self.is_allowed() && resource.allows.is_some()
    }

    /// Whether it is more than not allowed: nothing else that is said allows it.
    pub(crate) fn forbids(&self) -> bool {
        matches!(self.reason, Reason::Denied(_) | Reason::TooMuch)
    }

    /// What AWS says to who may not; `None` where they may.
    pub fn refusal(&self) -> Option<String> {
        let Request {
            identity,
            action,
            resource,
            ..
        } = self.request;
        let because = match self.reason {
            Reason::Allowed(_) | Reason::Root => return None,
            Reason::Denied(found) => format!("with an explicit deny in {}", found.kind),
            Reason::NotAllowed(kind) => {
                format!("because no {} allows the {action} action", kind.words())
            }
            Reason::TooMuch => {
                "because its policies take too long to evaluate: make them smaller, \
                                or their patterns simpler"
                    .into()
            }
        };
        Some(match identity.kind {
            Kind::Service => format!(
                "{} is not authorized to perform: {action} on the resource {because}",
                identity.arn()
            ),
            _ => format!(
                "User: {} is not authorized to perform: {action} on resource: {resource} {because}",
                identity.arn()
            ),
        })
    }
}

impl PolicyKind {
    fn words(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Resource => "resource-based policy",
        }
    }
}

impl fmt::Display for PolicyKind {
    /// With its article, as AWS's texts have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = match self {
            Self::Identity => "an",
            Self::Boundary | Self::Session | Self::Resource => "a",
        };
        write!(f, "{article} {}", self.words())
    }
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "the statement '{id}' of {}", self.kind),
            None => write!(f, "statement {} of {}", self.place + 1, self.kind),
        }
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(found) => write!(f, "{found} allows it"),
            Self::Root => f.write_str("the root of an account may do everything in it"),
            Self::Denied(found) => write!(f, "{found} denies it"),
            Self::NotAllowed(kind) => write!(f, "no {} allows it", kind.words()),
            Self::TooMuch => f.write_str("its policies take too long to evaluate"),
        }
    }
}
