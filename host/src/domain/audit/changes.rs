//! What a change of a function has changed, member by member.
//!
//! Each member is named here, and with it whether its value may be read by whoever reads the audit log: a new one
//! does not compile until somebody has decided that.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{How, MemberChange, clipped};
use crate::domain::attachments::{
    Attachments, EventInvoke, FunctionUrl, Provisioned, RuntimeUpdates,
};
use crate::domain::settings::{Logging, Tenancy};
use crate::domain::version::{LastUpdate, State};
use crate::domain::{Alias, FunctionRecord, Named as _, Qualifier, Settings, Version};
use crate::limits::{AUDIT_CHANGES_BYTES_MAX, AUDIT_CHANGES_MAX};

/// What is known of a member.
#[derive(PartialEq)]
enum Fact<'a> {
    /// Its value, which may be shown.
    Shown(Cow<'a, str>),
    /// What tells its value from others, which is shown to nobody.
    Hidden(Cow<'a, str>),
}

impl Fact<'_> {
    fn shown(&self) -> Option<String> {
        match self {
            Self::Shown(value) => Some(clipped(value)),
            Self::Hidden(_) => None,
        }
    }
}

/// The members of something, by their names.
#[derive(Default)]
struct Facts<'a> {
    prefix: String,
    all: BTreeMap<String, Fact<'a>>,
}

/// What makes of a function what it is `after` out of what it was `before`.
pub(crate) fn changes(
    before: Option<&FunctionRecord>,
    after: Option<&FunctionRecord>,
) -> Vec<MemberChange> {
    let mut changes = Changes::default();
    changes.add(&of_function(before), &of_function(after));
    for (number, before, after) in differing(before, after, |record| &record.versions) {
        let name = format!("Version.{number}.");
        changes.add(&of_version(&name, before), &of_version(&name, after));
    }
    for (alias, before, after) in differing(before, after, |record| &record.aliases) {
        let name = format!("Alias.{}.", alias.as_str());
        changes.add(&of_alias(&name, before), &of_alias(&name, after));
    }
    for (place, before, after) in differing(before, after, |record| &record.attachments) {
        let name = match place == &Qualifier::LATEST {
            true => String::new(),
            false => format!("{place}."),
        };
        changes.add(
            &of_attachments(&name, before),
            &of_attachments(&name, after),
        );
    }
    changes.into_all()
}

/// Changes, as many as an entry may hold.
#[derive(Default)]
struct Changes {
    all: Vec<MemberChange>,
    bytes: usize,
    left_out: usize,
}

impl Changes {
    fn add(&mut self, before: &Facts<'_>, after: &Facts<'_>) {
        let added = after
            .all
            .keys()
            .filter(|name| !before.all.contains_key(*name));
        for member in before.all.keys().chain(added) {
            let (before, after) = (before.all.get(member), after.all.get(member));
            let how = match (before, after) {
                (None, _) => How::Added,
                (_, None) => How::Removed,
                (before, after) if before == after => continue,
                _ => How::Changed,
            };
            self.push(MemberChange {
                member: clipped(member),
                how,
                before: before.and_then(Fact::shown),
                after: after.and_then(Fact::shown),
            });
        }
    }

    fn push(&mut self, change: MemberChange) {
        let bytes = self.bytes + change.bytes();
        if self.all.len() < AUDIT_CHANGES_MAX && bytes <= AUDIT_CHANGES_BYTES_MAX {
            self.bytes = bytes;
            self.all.push(change);
        } else {
            self.left_out += 1;
        }
    }

    fn into_all(mut self) -> Vec<MemberChange> {
        if self.left_out > 0 {
            self.all.push(MemberChange {
                member: format!("and {} more", self.left_out),
                how: How::Changed,
                before: None,
                after: None,
            });
        }
        self.all
    }
}

/// What is not the same on both sides.
fn differing<'a, K: Ord, V: PartialEq>(
    before: Option<&'a FunctionRecord>,
    after: Option<&'a FunctionRecord>,
    of: impl Fn(&'a FunctionRecord) -> &'a BTreeMap<K, Arc<V>>,
) -> Vec<(&'a K, Option<&'a V>, Option<&'a V>)> {
    let (before, after) = (before.map(&of), after.map(&of));
    let value = |map: Option<&'a BTreeMap<K, Arc<V>>>, key: &K| map.and_then(|map| map.get(key));
    let kept = before.into_iter().flatten().filter_map(|(key, old)| {
        let new = value(after, key);
        let is_same = new.is_some_and(|new| Arc::ptr_eq(old, new) || old == new);
        (!is_same).then_some((key, Some(&**old), new.map(|new| &**new)))
    });
    let added = after.into_iter().flatten();
    let added = added.filter(|(key, _)| value(before, key).is_none());
    kept.chain(added.map(|(key, new)| (key, None, Some(&**new))))
        .collect()
}

impl<'a> Facts<'a> {
    fn under(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            ..Self::default()
        }
    }

    fn put(&mut self, member: &str, fact: Fact<'a>) {
        self.all.insert(format!("{}{member}", self.prefix), fact);
    }

    fn show(&mut self, member: &str, value: impl Into<Cow<'a, str>>) {
        self.put(member, Fact::Shown(value.into()));
    }

    fn show_number(&mut self, member: &str, value: impl Into<u64>) {
        self.show(member, value.into().to_string());
    }

    fn show_if<T: Into<Cow<'a, str>>>(&mut self, member: &str, value: Option<T>) {
        if let Some(value) = value {
            self.show(member, value);
        }
    }

    fn hide(&mut self, member: &str, value: impl Into<Cow<'a, str>>) {
        self.put(member, Fact::Hidden(value.into()));
    }
}

fn of_function(record: Option<&FunctionRecord>) -> Facts<'_> {
    let mut facts = Facts::default();
    let Some(record) = record else {
        return facts;
    };
    let FunctionRecord {
        latest,
        // Follows from what is shown, and from how that went.
        running: _,
        // See `changes`.
        versions: _,
        aliases: _,
        attachments: _,
        // Follows from the versions.
        numbering: _,
        tags,
        reserved_concurrency,
        recursive_loop,
    } = record;
    put_version(&mut facts, latest);
    put_settings(&mut facts, &latest.settings);
    for (key, value) in tags {
        facts.show(&format!("Tags.{key}"), value);
    }
    if let Some(reserved) = *reserved_concurrency {
        facts.show_number("ReservedConcurrentExecutions", reserved);
    }
    facts.show("RecursiveLoop", recursive_loop.name());
    facts
}

fn of_version<'a>(name: &str, version: Option<&'a Version>) -> Facts<'a> {
    let mut facts = Facts::under(name);
    if let Some(version) = version {
        // Its settings are those of $LATEST.
        put_version(&mut facts, version);
        facts.show("Description", &version.settings.description);
    }
    facts
}

fn put_version<'a>(facts: &mut Facts<'a>, version: &'a Version) {
    facts.show("CodeSha256", version.code.package.base64());
    facts.show("State", version.state.name());
    if let State::Failed { reason_code, .. } = &version.state {
        facts.show("StateReasonCode", reason_code);
    }
    if let Some(update) = &version.last_update {
        facts.show("LastUpdateStatus", update.name());
        if let LastUpdate::Failed { reason_code, .. } = update {
            facts.show("LastUpdateStatusReasonCode", reason_code);
        }
    }
}

fn put_settings<'a>(facts: &mut Facts<'a>, settings: &'a Settings) {
    let Settings {
        role,
        runtime,
        handler,
        description,
        timeout_seconds,
        memory_mb,
        environment,
        architecture,
        ephemeral_storage_mb,
        tracing_mode,
        logging,
        dead_letter_target,
        snap_start,
        tenancy,
        // Said by the variables.
        grants: _,
    } = settings;
    facts.show("Role", role);
    facts.show_if("Runtime", runtime.as_ref());
    facts.show_if("Handler", handler.as_ref());
    facts.show("Description", description);
    facts.show_number("Timeout", *timeout_seconds);
    facts.show_number("MemorySize", *memory_mb);
    for (name, value) in environment.iter().flat_map(|all| &all.0) {
        facts.hide(&format!("Environment.Variables.{name}"), value);
    }
    facts.show("Architectures", architecture.name());
    facts.show_number("EphemeralStorage.Size", *ephemeral_storage_mb);
    facts.show("TracingConfig.Mode", tracing_mode.name());
    put_logging(facts, logging);
    facts.show_if("DeadLetterConfig.TargetArn", dead_letter_target.as_ref());
    facts.show("SnapStart.ApplyOn", snap_start.name());
    if *tenancy == Tenancy::PerTenant {
        facts.show("TenancyConfig.TenantIsolationMode", "PER_TENANT");
    }
}

fn put_logging<'a>(facts: &mut Facts<'a>, logging: &'a Logging) {
    let Logging {
        format,
        application_level,
        system_level,
        group,
    } = logging;
    facts.show("LoggingConfig.LogFormat", format.name());
    let level = application_level.map(|level| level.name());
    facts.show_if("LoggingConfig.ApplicationLogLevel", level);
    let level = system_level.map(|level| level.name());
    facts.show_if("LoggingConfig.SystemLogLevel", level);
    facts.show("LoggingConfig.LogGroup", group);
}

fn of_alias<'a>(name: &str, alias: Option<&'a Alias>) -> Facts<'a> {
    let mut facts = Facts::under(name);
    let Some(alias) = alias else {
        return facts;
    };
    let Alias {
        name: _,
        version,
        description,
        routing,
        revision: _,
    } = alias;
    facts.show("FunctionVersion", version.to_string());
    facts.show("Description", description);
    if let Some(routing) = routing {
        let text = format!("{}={}", routing.version, routing.weight);
        facts.show("RoutingConfig.AdditionalVersionWeights", text);
    }
    facts
}

fn of_attachments<'a>(name: &str, attached: Option<&'a Attachments>) -> Facts<'a> {
    let mut facts = Facts::under(name);
    let Some(attached) = attached else {
        return facts;
    };
    let Attachments {
        event_invoke,
        provisioned,
        policy,
        policy_revision: _,
        url,
        runtime_updates,
    } = attached;
    for (place, statement) in policy.statements().iter().enumerate() {
        let member = match statement.id() {
            Some(id) => format!("Policy.Statement.{id}"),
            None => format!("Policy.Statement[{}]", place + 1),
        };
        facts.hide(&member, format!("{statement:?}"));
    }
    if let Some(Provisioned {
        requested,
        last_modified: _,
    }) = provisioned
    {
        facts.show_number("ProvisionedConcurrentExecutions", *requested);
    }
    if let Some(url) = url {
        put_url(&mut facts, url);
    }
    if let Some(config) = event_invoke {
        put_event_invoke(&mut facts, config);
    }
    if let Some(RuntimeUpdates {
        update_on,
        version_arn,
    }) = runtime_updates
    {
        facts.show("UpdateRuntimeOn", update_on.name());
        facts.show_if("RuntimeVersionArn", version_arn.as_ref());
    }
    facts
}

fn put_url<'a>(facts: &mut Facts<'a>, url: &'a FunctionUrl) {
    let FunctionUrl {
        id,
        auth_type,
        invoke_mode,
        cors,
        created: _,
        last_modified: _,
    } = url;
    facts.show("FunctionUrl.Id", id);
    facts.show("FunctionUrl.AuthType", auth_type.name());
    let mode = invoke_mode.map(|mode| mode.name());
    facts.show_if("FunctionUrl.InvokeMode", mode);
    if let Some(cors) = cors {
        // Long lists: that they are others is enough.
        facts.hide("FunctionUrl.Cors", format!("{cors:?}"));
    }
}

fn put_event_invoke<'a>(facts: &mut Facts<'a>, config: &'a EventInvoke) {
    let EventInvoke {
        last_modified: _,
        retries_max,
        age_seconds_max,
        on_success,
        on_failure,
    } = config;
    let numbers = [
        ("MaximumRetryAttempts", retries_max),
        ("MaximumEventAgeInSeconds", age_seconds_max),
    ];
    for (member, number) in numbers {
        if let Some(number) = *number {
            facts.show_number(&format!("EventInvokeConfig.{member}"), number);
        }
    }
    let (success, failure) = (on_success.as_ref(), on_failure.as_ref());
    facts.show_if("EventInvokeConfig.OnSuccess", success);
    facts.show_if("EventInvokeConfig.OnFailure", failure);
}
