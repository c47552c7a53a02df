//! `AssumeRole`: to be a session of a role for a while.
//!
//! The role has to trust whoever asks, and their own policies have to allow it, but where the role is of their account
//! and names them themselves. What is wrong with the request is told first; after that, who may not assume a role is told
//! so in the same words as for a role that there is not.

use std::sync::LazyLock;

use super::error::StsError;
use super::parameters::Parameters;
use super::xml::Element;
use super::{Asked, Done};
use crate::contract::constraint::{Pattern, Quoted, Violations};
use crate::contract::permission::Asking;
use crate::contract::signed::Signer;
use crate::domain::policy::{Document, Identity};
use crate::domain::times;
use crate::identity::{Identities, NewSession, Role, TemporaryKey};
use crate::limits::{
    CHAINED_SESSION_SECONDS_MAX, SESSION_POLICY_CHARS_MAX, SESSION_SECONDS, SESSION_SECONDS_RANGE,
};

const ACTION: &str = "sts:AssumeRole";

static SESSION_NAME: Pattern = Pattern::new(r"[\w+=,.@-]*");
static EXTERNAL_ID: Pattern = Pattern::new(r"[\w+=,.@:\/-]*");
static POLICY: Pattern = Pattern::new(r"[\u0009\u000A\u000D\u0020-\u00FF]+");

/// The policy of a role that there is not.
static NOBODY: LazyLock<Document> = LazyLock::new(Document::default);

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    role_arn: String,
    session_name: String,
    seconds: Option<u32>,
    policy: Option<String>,
    external_id: Option<String>,
}

/// Begins the session, and gives its key.
pub(super) fn done(asked: &Asked<'_>, parameters: Parameters) -> Done {
    let wanted = Wanted::read(parameters)?;
    let (Some(identities), Some(signer), Some(asking)) =
        (asked.identities, asked.signer, asked.asking)
    else {
        return Err(StsError::denied(
            "This host asks nobody who they are, so it has no roles. They stand in a file of keys, which it is started \
             with: sparkler serve --keys FILE.",
        ));
    };
    let role = identities.role(&wanted.role_arn);
    let role = wanted.permitted(role.as_deref(), signer, asking)?;
    let seconds = wanted.seconds(role, signer)?;
    wanted.check_policy()?;
    Ok(wanted.begun(identities, role, seconds))
}

impl Wanted {
    /// What the parameters ask for.
    fn read(mut parameters: Parameters) -> Result<Self, StsError> {
        let mut v = Violations::default();
        let role_arn = v.required("roleArn", parameters.take("RoleArn"));
        let role_arn = role_arn.and_then(|text| v.bounded("roleArn", text, 20..=2_048));
        let name = v.required("roleSessionName", parameters.take("RoleSessionName"));
        let session_name =
            name.and_then(|text| v.text_matching("roleSessionName", text, 2..=64, &SESSION_NAME));
        let seconds = v.given(parameters.take("DurationSeconds"), |v, text| {
            let number = v.parsed(text.parse::<i64>().ok(), |v| {
                v.unless(
                    false,
                    "durationSeconds",
                    &text,
                    "Member must be a whole number",
                );
            })?;
            v.range("durationSeconds", number, &SESSION_SECONDS_RANGE)
        });
        let policy = v.given(parameters.take("Policy"), |v, text| {
            v.text_matching("policy", text, 1..=SESSION_POLICY_CHARS_MAX, &POLICY)
        });
        let external_id = v.given(parameters.take("ExternalId"), |v, text| {
            v.text_matching("externalId", text, 2..=1_224, &EXTERNAL_ID)
        });
        let read = || {
            Ok(Self {
                role_arn: role_arn?,
                session_name: session_name?,
                seconds,
                policy,
                external_id,
            })
        };
        let read = v.settled_as(read, StsError::invalid)?;
        if let Some(name) = parameters.left() {
            return Err(lacking(name));
        }
        match Identity::aws(&read.role_arn).is_some_and(|found| found.is_role()) {
            true => Ok(read),
            false => Err(StsError::invalid(format!(
                "{} is invalid",
                Quoted(&read.role_arn)
            ))),
        }
    }

    /// The role, where whoever asks may assume it.
    fn permitted<'a>(
        &self,
        role: Option<&'a Role>,
        signer: &Signer,
        asking: &Asking<'_>,
    ) -> Result<&'a Role, StsError> {
        let asking = asking.clone().knowing(|context| {
            let context = context.with("sts:RoleSessionName", &*self.session_name);
            match &self.external_id {
                Some(id) => context.with("sts:ExternalId", &**id),
                None => context,
            }
        });
        let trust = role.map_or(&*NOBODY, |role| &role.trust);
        let decision = asking.decided(ACTION, &self.role_arn, trust);
        let user = &signer.0.user().arn;
        role.filter(|_| decision.is_allowed_and_trusted()).ok_or_else(|| {
            tracing::debug!(user, role = self.role_arn, is_there = role.is_some(), reason = %decision.reason,
                "a role was not assumed");
            StsError::denied(format!(
                "User: {user} is not authorized to perform: {ACTION} on resource: {}",
                self.role_arn
            ))
        })
    }

    /// How long the session is to last.
    fn seconds(&self, role: &Role, signer: &Signer) -> Result<u32, StsError> {
        let of_role = role.session_seconds_max;
        let is_chained = signer.0.begun().is_some();
        match self.seconds {
            None => Ok(SESSION_SECONDS.min(of_role)),
            Some(seconds) if is_chained && seconds > CHAINED_SESSION_SECONDS_MAX => {
                Err(StsError::invalid(
                    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
                ))
            }
            Some(seconds) if seconds > of_role => Err(StsError::invalid(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            )),
            Some(seconds) => Ok(seconds),
        }
    }

    /// Refuses a policy that is none: a session whose policy cannot be read could do nothing.
    fn check_policy(&self) -> Result<(), StsError> {
        let read = self.policy.as_deref().map(Document::identity).transpose();
        let read = read.map(drop);
        read.map_err(|wrong| StsError::malformed_policy(format!("This is no policy. {wrong}")))
    }

    fn begun(&self, identities: &Identities, role: &Role, seconds: u32) -> Vec<Element> {
        let session = NewSession {
            role,
            name: &self.session_name,
            seconds,
            policy: self.policy.as_deref(),
        };
        let key = identities.begin(&session, std::time::SystemTime::now());
        let user = Element::of(
            "AssumedRoleUser",
            vec![
                Element::text("AssumedRoleId", &*key.user_id),
                Element::text("Arn", &*key.arn),
            ],
        );
        let mut given = vec![user, credentials(&key)];
        if let Some(policy) = &self.policy {
            let percent = (100 * policy.chars().count()).div_ceil(SESSION_POLICY_CHARS_MAX);
            given.push(Element::text("PackedPolicySize", percent.to_string()));
        }
        given
    }
}

fn credentials(key: &TemporaryKey) -> Element {
    Element::of(
        "Credentials",
        vec![
            Element::text("AccessKeyId", &*key.id),
            Element::text("SecretAccessKey", key.secret.revealed()),
            Element::text("SessionToken", key.token.revealed()),
            Element::text("Expiration", times::rfc_3339_seconds(key.expires)),
        ],
    )
}

/// What would narrow the session, or say more of it, is not passed over.
fn lacking(name: &str) -> StsError {
    let hint = match name.split('.').next() {
        Some("PolicyArns") => " There are no managed policies here: send what they say as Policy.",
        _ => "",
    };
    StsError::invalid(format!(
        "AssumeRole has no parameter {} on this host. It takes RoleArn, RoleSessionName, DurationSeconds, Policy and \
         ExternalId.{hint}",
        Quoted(name)
    ))
}
