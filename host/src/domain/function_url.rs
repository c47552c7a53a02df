//! What happens to a function when its address on the web is made, changed or removed.
//!
//! A function has one address for itself and one for each alias. The address of an alias outlives the
//! alias, as AWS keeps it; it then leads nowhere.

use std::time::SystemTime;

use super::attachments::{Cors, FunctionUrl, InvokeMode, UrlAuthType};
use super::{FunctionArn, FunctionRecord, Qualifier, Refusal};

/// What an address is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewUrl {
    /// Who may call it.
    pub auth_type: UrlAuthType,
    /// How its answers come; `None` where the owner does not say.
    pub invoke_mode: Option<InvokeMode>,
    /// Which web pages may call it.
    pub cors: Option<Cors>,
}

/// A change of an address; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UrlChange {
    /// Who may call it.
    pub auth_type: Option<UrlAuthType>,
    /// How its answers come.
    pub invoke_mode: Option<InvokeMode>,
    /// Which web pages may call it.
    pub cors: Option<Cors>,
}

/// The function with a new address for itself or an alias, which `arn` names.
///
/// # Errors
/// [`Refusal::Conflict`] where there is one already, [`Refusal::NotFound`] for a missing alias.
pub(crate) fn created(
    record: &FunctionRecord,
    qualifier: Option<&Qualifier>,
    arn: &FunctionArn,
    url: FunctionUrl,
) -> Result<FunctionRecord, Refusal> {
    if record.attached(qualifier).url.is_some() {
        return Err(Refusal::Conflict(format!(
            "Failed to create function url config for [functionArn = {arn}]. Error message:  \
             FunctionUrlConfig exists for this Lambda function"
        )));
    }
    match may_have_url(record, qualifier) {
        true => Ok(record.with_attached(qualifier, |attached| attached.url = Some(url))),
        false => Err(no_function()),
    }
}

/// The function with a changed address, and that address.
///
/// # Errors
/// [`Refusal::NotFound`] for a missing alias, then for a missing address.
pub(crate) fn changed(
    record: &FunctionRecord,
    qualifier: Option<&Qualifier>,
    change: UrlChange,
    now: SystemTime,
) -> Result<(FunctionRecord, FunctionUrl), Refusal> {
    if !may_have_url(record, qualifier) {
        return Err(no_function());
    }
    let before = record.attached(qualifier).url.clone().ok_or_else(no_url)?;
    let url = FunctionUrl {
        auth_type: change.auth_type.unwrap_or(before.auth_type),
        invoke_mode: change.invoke_mode.or(before.invoke_mode),
        cors: change.cors.or(before.cors),
        last_modified: now,
        ..before
    };
    let shown = url.clone();
    let after = record.with_attached(qualifier, |attached| attached.url = Some(url));
    Ok((after, shown))
}

/// The function without an address.
///
/// # Errors
/// [`Refusal::NotFound`] where there is none.
pub(crate) fn deleted(
    record: &FunctionRecord,
    qualifier: Option<&Qualifier>,
) -> Result<FunctionRecord, Refusal> {
    match record.attached(qualifier).url {
        Some(_) => Ok(record.with_attached(qualifier, |attached| attached.url = None)),
        None => Err(no_url()),
    }
}

/// The refusal where the function or the alias is missing.
pub(crate) fn no_function() -> Refusal {
    Refusal::NotFound("Function does not exist".into())
}

/// The refusal where there is no address.
pub(crate) fn no_url() -> Refusal {
    Refusal::NotFound("The resource you requested does not exist.".into())
}

/// Versions have no addresses.
fn may_have_url(record: &FunctionRecord, qualifier: Option<&Qualifier>) -> bool {
    match qualifier {
        None => true,
        Some(Qualifier::Alias(_)) => record.has(qualifier),
        Some(Qualifier::Version(_) | Qualifier::Unknown(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::lifecycle::{self, Stamp};
    use crate::domain::{Account, Alias, AliasName, FunctionName, VersionId, samples};
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};
    use uuid::Uuid;

    fn record() -> FunctionRecord {
        let name = FunctionName::parse("f").expect("a name");
        let stamp = Stamp::new(UNIX_EPOCH, Uuid::nil());
        let (settings, code) = (samples::settings(), samples::code("1"));
        lifecycle::created(name, settings, code, BTreeMap::new(), stamp)
    }

    fn with_alias(mut record: FunctionRecord) -> FunctionRecord {
        let name = AliasName::parse("prod").expect("a name");
        let alias = Alias {
            name: name.clone(),
            version: VersionId::Latest,
            description: String::new(),
            routing: None,
            revision: Uuid::nil(),
        };
        record.aliases.insert(name, Arc::new(alias));
        record
    }

    fn url() -> FunctionUrl {
        FunctionUrl {
            id: "a".repeat(32),
            auth_type: UrlAuthType::None,
            invoke_mode: None,
            cors: None,
            created: UNIX_EPOCH,
            last_modified: UNIX_EPOCH,
        }
    }

    fn create(
        record: &FunctionRecord,
        qualifier: Option<&Qualifier>,
    ) -> Result<FunctionRecord, String> {
        let arn = Account::default().function_arn(&record.latest.function, qualifier);
        created(record, qualifier, &arn, url()).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_function_and_each_alias_have_one_address() {
        let prod = Qualifier::parse("prod");
        let record = with_alias(record());
        let record = create(&record, None).expect("there was none");
        let record = create(&record, Some(&prod)).expect("the alias had none");
        let text = create(&record, Some(&prod)).expect_err("it has one");
        assert_eq!(
            text,
            "Failed to create function url config for [functionArn = \
             arn:aws:lambda:us-east-1:123456789012:function:f:prod]. Error message:  \
             FunctionUrlConfig exists for this Lambda function"
        );
        let record = deleted(&record, None).expect("it has one");
        assert!(record.attached(None).url.is_none());
        assert!(record.attached(Some(&prod)).url.is_some());
        assert_eq!(deleted(&record, None).expect_err("it has none"), no_url());
    }

    #[test]
    fn neither_versions_nor_what_is_missing_have_addresses() {
        for qualifier in ["1", "$LATEST", "missing", "$x"] {
            let qualifier = Qualifier::parse(qualifier);
            let text = create(&record(), Some(&qualifier)).expect_err("refused");
            assert_eq!(text, "Function does not exist");
            let changed = changed(
                &record(),
                Some(&qualifier),
                UrlChange::default(),
                UNIX_EPOCH,
            );
            assert_eq!(changed.expect_err("refused"), no_function());
        }
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let record = create(&record(), None).expect("there was none");
        let now = UNIX_EPOCH + Duration::from_secs(1);
        let change = UrlChange {
            invoke_mode: Some(InvokeMode::ResponseStream),
            ..UrlChange::default()
        };
        let (record, _) = changed(&record, None, change, now).expect("it has one");
        let (record, shown) =
            changed(&record, None, UrlChange::default(), now).expect("it has one");
        assert_eq!(shown.auth_type, UrlAuthType::None);
        assert_eq!(shown.invoke_mode, Some(InvokeMode::ResponseStream));
        assert_eq!((shown.created, shown.last_modified), (UNIX_EPOCH, now));
        assert_eq!(record.attached(None).url, Some(shown));
    }
}
