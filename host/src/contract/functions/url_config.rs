//! The addresses of a function on the web: create, show, list, change and delete.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Extension, State};
use axum::response::NoContent;
use http::Uri;
use serde::Serialize;

use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::function_url::address;
use crate::contract::json_body::JsonBody;
use crate::contract::origin::Origin;
use crate::contract::page::PageRequest;
use crate::contract::path_names::PathName;
use crate::contract::query;
use crate::contract::reference::{NameShape, Reference};
use crate::contract::wire::function_url::{Shown, UrlConfig, UrlMembers};
use crate::deployer::CompileGuest;
use crate::domain::attachments::FunctionUrl;
use crate::domain::name::QUALIFIER_CHARS_MAX;
use crate::domain::{
    Account, AliasName, Cause, FunctionName, FunctionRecord, Qualifier, Refusal, VersionId,
    function_url,
};

/// The model's pattern: only aliases can be asked for.
const QUALIFIER_PATTERN: &str = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    function_url_configs: Vec<UrlConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_marker: Option<String>,
}

/// `POST /2021-10-31/functions/{FunctionName}/url`
pub(in crate::contract) async fn create<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
    origin: Origin,
    body: JsonBody<UrlMembers>,
) -> Result<Json<impl Serialize>, WireError> {
    let asked = Asked::of(&api.account, &name, &uri, origin, body).await?;
    let new = asked.members.new_address()?;
    let place = asked.place.in_function(function_url::no_function)?;
    let now = SystemTime::now();
    let url = FunctionUrl {
        id: new_id(),
        auth_type: new.auth_type,
        invoke_mode: new.invoke_mode,
        cors: new.cors,
        created: now,
        last_modified: now,
    };
    let shown = config(&asked.origin, &api.account, &place, &url, Shown::Created);
    let arn = place.arn(&api.account);
    amend(
        &api,
        cause,
        place,
        function_url::no_function,
        move |record, qualifier| function_url::created(record, qualifier, &arn, url.clone()),
    )
    .await?;
    Ok(Json::created(shown))
}

/// `PUT /2021-10-31/functions/{FunctionName}/url`
pub(in crate::contract) async fn update<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
    origin: Origin,
    body: JsonBody<UrlMembers>,
) -> Result<Json<impl Serialize>, WireError> {
    let asked = Asked::of(&api.account, &name, &uri, origin, body).await?;
    let change = asked.members.change()?;
    let place = asked.place.in_function(function_url::no_function)?;
    let (function, qualifier) = (place.function.clone(), place.qualifier.clone());
    let url = api.deployer.by(cause).amend(&function, move |record| {
        let change = change.clone();
        function_url::changed(record, qualifier.as_ref(), change, SystemTime::now())
    });
    let url = url.await.map_err(instead(function_url::no_function))?;
    let shown = config(&asked.origin, &api.account, &place, &url, Shown::Updated);
    Ok(Json::of(shown))
}

/// `GET /2021-10-31/functions/{FunctionName}/url`
pub(in crate::contract) async fn show<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
    origin: Origin,
) -> Result<Json<impl Serialize>, WireError> {
    let place = place(&name, &uri, &api.account)?.in_function(function_url::no_url)?;
    let record = api.catalog.get(&place.function);
    let attached = record
        .as_ref()
        .map(|record| record.attached(place.qualifier.as_ref()));
    let url = attached
        .and_then(|attached| attached.url.as_ref())
        .ok_or_else(function_url::no_url)?;
    let shown = config(&origin, &api.account, &place, url, Shown::Read);
    Ok(Json::of(shown))
}

/// `DELETE /2021-10-31/functions/{FunctionName}/url`
pub(in crate::contract) async fn delete<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
) -> Result<NoContent, WireError> {
    let place = place(&name, &uri, &api.account)?.in_function(function_url::no_url)?;
    amend(
        &api,
        cause,
        place,
        function_url::no_url,
        function_url::deleted,
    )
    .await?;
    Ok(NoContent)
}

/// `GET /2021-10-31/functions/{FunctionName}/urls`
pub(in crate::contract) async fn list<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    uri: Uri,
    origin: Origin,
) -> Result<Json<impl Serialize>, WireError> {
    let mut v = Violations::default();
    let spelling = NameShape::Plain.spelling(name.text(), &mut v);
    let key = |text: &str| Some(Qualifier::parse(text));
    let (wanted, spelling) = PageRequest::parse_with(&uri, 50, v, spelling, key)?;
    let reference = Reference::of(&spelling, None, &api.account)?;
    let record = reference
        .function()
        .and_then(|name| api.catalog.get(name))
        .filter(|record| record.has(reference.qualifier.as_ref()))
        .ok_or_else(function_url::no_function)?;
    let urls = record
        .attachments
        .iter()
        .filter_map(|(qualifier, attached)| {
            let behind = wanted.after.as_ref().is_none_or(|after| qualifier > after);
            attached
                .url
                .as_ref()
                .filter(|_| behind)
                .map(|url| (qualifier, url))
        });
    let (urls, next_marker) = wanted.cut(urls, |(qualifier, _)| qualifier.to_string());
    let shown = |(qualifier, url): (&Qualifier, &FunctionUrl)| {
        let place = Place::of(record.latest.function.clone(), Some(qualifier.clone()));
        config(&origin, &api.account, &place, url, Shown::Read)
    };
    let page = Page {
        function_url_configs: urls.into_iter().map(shown).collect(),
        next_marker,
    };
    Ok(Json::of(page))
}

/// A call of Create or Update.
struct Asked {
    place: Possible,
    members: UrlMembers,
    /// From where the caller sees this host.
    origin: Origin,
}

impl Asked {
    async fn of(
        account: &Account,
        name: &PathName,
        uri: &Uri,
        origin: Origin,
        body: JsonBody<UrlMembers>,
    ) -> Result<Self, WireError> {
        Ok(Self {
            place: place(name, uri, account)?,
            members: body.read().await?,
            origin,
        })
    }
}

/// What a caller named; there may be no function that can have such a name.
struct Possible(Option<Place>);

/// A function, or an alias of it.
struct Place {
    function: FunctionName,
    qualifier: Option<Qualifier>,
}

impl Possible {
    fn in_function(self, missing: fn() -> Refusal) -> Result<Place, WireError> {
        self.0.ok_or_else(|| missing().into())
    }
}

impl Place {
    /// `$LATEST` is the function itself.
    fn of(function: FunctionName, qualifier: Option<Qualifier>) -> Self {
        Self {
            function,
            qualifier: qualifier.filter(|it| *it != Qualifier::Version(VersionId::Latest)),
        }
    }

    fn arn(&self, account: &Account) -> crate::domain::FunctionArn {
        account.function_arn(&self.function, self.qualifier.as_ref())
    }
}

fn place(name: &PathName, uri: &Uri, account: &Account) -> Result<Possible, WireError> {
    let qualifier = query::value(uri, "Qualifier");
    let mut violations = Violations::default();
    if let Some(text) = &qualifier {
        violations.length("qualifier", text, 1, QUALIFIER_CHARS_MAX);
        let fits = text.len() > QUALIFIER_CHARS_MAX || AliasName::parse(text).is_some();
        violations.pattern_by("qualifier", text, QUALIFIER_PATTERN, fits);
    }
    let spelling = NameShape::Plain.spelling(name.text(), &mut violations);
    let spelling = violations.settled(|| spelling)?;
    let reference = Reference::of(&spelling, qualifier.as_deref(), account)?;
    let function = reference.function().cloned();
    Ok(Possible(
        function.map(|function| Place::of(function, reference.qualifier)),
    ))
}

/// As it is shown to who sees this host at `origin`: addresses must lead back to it.
fn config(
    origin: &Origin,
    account: &Account,
    place: &Place,
    url: &FunctionUrl,
    shown: Shown,
) -> UrlConfig {
    let address = address::shown(origin.as_str(), &url.id, &account.region);
    UrlConfig::of(url, &place.arn(account), address, shown)
}

/// Changes the function at `place`; `missing` is refused where there is none.
async fn amend<G: CompileGuest>(
    api: &Api<G>,
    cause: Cause,
    place: Place,
    missing: fn() -> Refusal,
    decide: impl Fn(&FunctionRecord, Option<&Qualifier>) -> Result<FunctionRecord, Refusal>
    + Send
    + 'static,
) -> Result<(), Refusal> {
    let qualifier = place.qualifier;
    let amended = api
        .deployer
        .by(cause)
        .amend(&place.function, move |record| {
            decide(record, qualifier.as_ref()).map(|after| (after, ()))
        });
    amended.await.map_err(instead(missing))
}

/// The words of these operations where the function is missing.
fn instead(missing: fn() -> Refusal) -> impl Fn(Refusal) -> Refusal {
    move |refusal| match refusal {
        Refusal::FunctionNotFound(_) => missing(),
        other => other,
    }
}

/// 32 lower-case letters and digits, which nobody can guess.
fn new_id() -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let halves: [u128; 2] = rand::random();
    let digits = halves.into_iter().flat_map(|half| {
        // 36^16 is so far below 2^128 that all digits are as likely as each other.
        (0..16).scan(half, |left, _| {
            let digit = usize::try_from(*left % 36).unwrap_or_default();
            *left /= 36;
            Some(char::from(DIGITS[digit]))
        })
    });
    digits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, query: &str) -> Result<Possible, String> {
        let uri = format!("/2021-10-31/functions/f/url{query}")
            .parse()
            .expect("a path");
        place(&PathName::new(name), &uri, &Account::default()).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn only_aliases_can_be_asked_for_in_the_query() {
        for query in [
            "?Qualifier=1",
            "?Qualifier=%24LATEST",
            "?Qualifier=a.b",
            "?Qualifier=",
        ] {
            let text = named("f", query).err().expect("refused");
            assert!(text.contains("at 'qualifier' failed"), "{text}");
            assert!(
                text.contains(r"pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"),
                "{text}"
            );
        }
        let text = named("f", &format!("?Qualifier={}", "a".repeat(129)))
            .err()
            .expect("too long");
        assert!(text.contains("1 validation error detected") && text.contains("equal to 128"));
        let text = named("f:other", "?Qualifier=prod")
            .err()
            .expect("they differ");
        assert!(
            text.contains("does not match the specified qualifier"),
            "{text}"
        );
    }

    #[test]
    fn the_function_itself_is_also_its_latest_version() {
        let qualifier = |name, query| named(name, query).ok().and_then(|it| it.0?.qualifier);
        assert_eq!(qualifier("f", ""), None);
        assert_eq!(qualifier("f:$LATEST", ""), None);
        let prod = Some(Qualifier::parse("prod"));
        assert_eq!(qualifier("f", "?Qualifier=prod"), prod);
        assert_eq!(qualifier("f:prod", "?Qualifier=prod"), prod);
    }

    #[test]
    fn ids_are_32_letters_and_digits_and_never_the_same() {
        let id = new_id();
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        assert!(id.len() == 32 && id.bytes().all(fits), "{id}");
        assert_ne!(id, new_id());
    }
}
