//! DescribeLogGroups and DeleteLogGroup.

use serde::{Deserialize, Serialize};

use super::error::LogsError;
use super::group_name::group_name;
use super::logs::Logs;
use super::token;
use crate::contract::constraint::{Pattern, Violations};
use crate::limits::{LOG_DESCRIBE_ITEMS_MAX, LOG_GROUPS_NAMED_MAX};
use crate::logs::GroupSummary;

static NAME_PART: Pattern = Pattern::new(r"[\.\-_/#A-Za-z0-9]*");

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DescribeInput {
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_group_identifiers: Option<Vec<String>>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeOutput {
    log_groups: Vec<LogGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogGroup {
    log_group_name: String,
    creation_time: u64,
    metric_filter_count: u32,
    arn: String,
    stored_bytes: u64,
    log_group_class: &'static str,
    log_group_arn: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DeleteInput {
    log_group_name: Option<String>,
}

/// The groups that are asked for, in the order of their names.
pub(super) fn describe(logs: &Logs, input: DescribeInput) -> Result<DescribeOutput, LogsError> {
    let items = input.check()?;
    let after = input.next_token.as_deref().map(token::name).transpose()?;
    let named: Option<Vec<String>> = input
        .log_group_identifiers
        .map(|all| {
            all.into_iter()
                .map(|id| group_name(None, Some(id)))
                .collect()
        })
        .transpose()?;
    let prefix = input.log_group_name_prefix.unwrap_or_default();
    let pattern = input.log_group_name_pattern.unwrap_or_default();
    let is_wanted = |group: &GroupSummary| {
        let name = &group.name;
        name.starts_with(&prefix)
            && name.contains(&pattern)
            && after.as_ref().is_none_or(|after| name > after)
            && named.as_ref().is_none_or(|named| named.contains(name))
    };
    let mut found: Vec<_> = logs.keeper.groups().into_iter().filter(is_wanted).collect();
    let next_token = (found.len() > items).then(|| token::of_name(&found[items - 1].name));
    found.truncate(items);
    Ok(DescribeOutput {
        log_groups: found.into_iter().map(|group| logs.shown(group)).collect(),
        next_token,
    })
}

/// The group that is to be removed.
pub(super) fn named(input: &DeleteInput) -> Result<String, LogsError> {
    group_name(input.log_group_name.clone(), None)
}

/// Removes a group and its logs.
pub(super) fn delete(logs: &Logs, name: &str) -> Result<(), LogsError> {
    Ok(logs.keeper.delete_group(name)?)
}

impl DescribeInput {
    /// How many items a page may have.
    fn check(&self) -> Result<usize, LogsError> {
        let mut violations = Violations::default();
        for (member, value) in [
            ("logGroupNamePrefix", &self.log_group_name_prefix),
            ("logGroupNamePattern", &self.log_group_name_pattern),
        ] {
            if let Some(value) = value {
                violations.length(member, value, 0, 512);
                violations.pattern(member, value, &NAME_PART);
            }
        }
        if let Some(names) = &self.log_group_identifiers {
            violations.list_length("logGroupIdentifiers", names, 1, LOG_GROUPS_NAMED_MAX);
        }
        let items = page_size(self.limit, LOG_DESCRIBE_ITEMS_MAX, &mut violations);
        LogsError::settled(violations, || Ok(()))?;
        if self.log_group_name_prefix.is_some() && self.log_group_name_pattern.is_some() {
            return Err(LogsError::invalid(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
            ));
        }
        Ok(items)
    }
}

/// How many items a page may have: `most` of them, unless the caller wants fewer.
pub(super) fn page_size(limit: Option<i64>, most: u16, v: &mut Violations) -> usize {
    let limit = v.given(limit, |v, limit| v.range("limit", limit, &(1..=most)));
    limit.unwrap_or(most).into()
}

impl Logs {
    fn shown(&self, group: GroupSummary) -> LogGroup {
        let arn = self.group_arn(&group.name);
        LogGroup {
            creation_time: group.created_ms,
            metric_filter_count: 0,
            arn: format!("{arn}:*"),
            stored_bytes: group.stored_bytes,
            log_group_class: "STANDARD",
            log_group_arn: arn,
            log_group_name: group.name,
        }
    }
}
