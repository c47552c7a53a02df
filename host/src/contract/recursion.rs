//! What happens to a function that calls itself through other services.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};

use super::answer::Json;
use super::api::Api;
use super::constraint::Violations;
use super::error::WireError;
use super::json_body::JsonBody;
use super::path_names::PathName;
use crate::deployer::CompileGuest;
use crate::domain::FunctionRecord;
use crate::domain::function::RecursiveLoop;

/// In the order in which AWS names them.
const CHOICES: [(&str, RecursiveLoop); 2] = [
    ("Terminate", RecursiveLoop::Terminate),
    ("Allow", RecursiveLoop::Allow),
];

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
    fn checked(&self) -> Result<RecursiveLoop, WireError> {
        let mut violations = Violations::default();
        violations.required("recursiveLoop", self.recursive_loop.as_ref());
        let asked = self.recursive_loop.as_deref().unwrap_or_default();
        if self.recursive_loop.is_some() {
            let allowed = CHOICES.map(|(name, _)| name);
            violations.one_of("recursiveLoop", asked, &allowed);
        }
        violations.into_result()?;
        let chosen = CHOICES.into_iter().find(|(name, _)| *name == asked);
        Ok(chosen.map(|(_, chosen)| chosen).unwrap_or_default())
    }
}

fn shown(chosen: RecursiveLoop) -> Shown {
    Shown {
        recursive_loop: match chosen {
            RecursiveLoop::Allow => "Allow",
            RecursiveLoop::Terminate => "Terminate",
        },
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
        for (name, expected) in CHOICES {
            assert_eq!(checked(Some(name)), Ok(expected));
            assert_eq!(shown(expected).recursive_loop, name);
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
