//! What happens to a function that calls itself through other services.

use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::{Deserialize, Serialize};

use super::answer::Json;
use super::api::Api;
use super::constraint::Violations;
use super::error::WireError;
use super::json_body::JsonBody;
use super::path_names::PathName;
use crate::deployer::CompileGuest;
use crate::domain::function::RecursiveLoop;
use crate::domain::{Cause, FunctionRecord, Named as _};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PutRecursionConfig {
    recursive_loop: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    recursive_loop: &'static str,
}

/// `PUT /2024-08-31/functions/{FunctionName}/recursion-config`
pub(super) async fn put<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    body: JsonBody<PutRecursionConfig>,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.unqualified(&api.account)?;
    let wanted = body.read().await?;
    let chosen = wanted.checked()?;
    let function = reference
        .function()
        .ok_or_else(|| reference.not_found(&api.account, None))?;
    api.deployer
        .by(cause)
        .amend(function, move |record| {
            let after = FunctionRecord {
                recursive_loop: chosen,
                ..record.clone()
            };
            Ok((after, ()))
        })
        .await?;
    Ok(Json::of(shown(chosen)))
}

/// `GET /2024-08-31/functions/{FunctionName}/recursion-config`
pub(super) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
) -> Result<Json<impl Serialize>, WireError> {
    let reference = name.unqualified(&api.account)?;
    let record = api.existing(&reference)?;
    Ok(Json::of(shown(record.recursive_loop)))
}

impl PutRecursionConfig {
    fn checked(self) -> Result<RecursiveLoop, WireError> {
        let mut v = Violations::default();
        let name = v.required("recursiveLoop", self.recursive_loop);
        let chosen = name.and_then(|name| v.one_of("recursiveLoop", &name));
        v.settled(|| chosen)
    }
}

fn shown(chosen: RecursiveLoop) -> Shown {
    Shown {
        recursive_loop: chosen.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_words_of_the_model_are_understood() {
        let checked = |text: Option<&str>| {
            let wanted = PutRecursionConfig {
                recursive_loop: text.map(str::to_owned),
            };
            wanted.checked().map_err(|error| format!("{error:?}"))
        };
        for expected in [RecursiveLoop::Terminate, RecursiveLoop::Allow] {
            let name = shown(expected).recursive_loop;
            assert_eq!(checked(Some(name)), Ok(expected));
        }
        let text = checked(Some("Maybe")).expect_err("it is neither");
        assert!(text.contains(
            "1 validation error detected: Value 'Maybe' at 'recursiveLoop' failed to satisfy \
             constraint: Member must satisfy enum value set: [Terminate, Allow]"
        ));
        let text = checked(None).expect_err("it is missing");
        assert!(text.contains("Value null at 'recursiveLoop'"));
    }
}
