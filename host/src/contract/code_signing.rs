//! Code signing of a function: there is none here, and that is what is answered.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::NoContent;
use serde::{Deserialize, Serialize};

use super::answer::Json;
use super::api::Api;
use super::constraint::Violations;
use super::error::{ErrorCode, WireError};
use super::json_body::JsonBody;
use super::path_names::PathName;
use crate::domain::FunctionName;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PutConfig {
    code_signing_config_arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown {
    code_signing_config_arn: &'static str,
    function_name: String,
}

/// `GET /2020-06-30/functions/{FunctionName}/code-signing-config`
pub(super) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
) -> Result<Json<impl Serialize>, WireError> {
    let function = existing(&api, &name)?;
    let shown = Shown {
        code_signing_config_arn: "",
        function_name: function.as_str().to_owned(),
    };
    Ok(Json::of(shown))
}

/// `PUT /2020-06-30/functions/{FunctionName}/code-signing-config`
///
/// No config exists, so none can be found.
pub(super) async fn put<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    body: JsonBody<PutConfig>,
) -> Result<Infallible, WireError> {
    name.plain(&api.account)?;
    let wanted = body.read().await?;
    let mut v = Violations::default();
    let arn = v.required("codeSigningConfigArn", wanted.code_signing_config_arn);
    let arn = v.settled(|| arn)?;
    Err(WireError::new(
        ErrorCode::CodeSigningConfigNotFound,
        format!(
            "The code signing configuration cannot be found. Check that the provided code signing \
             configuration is not deleted: {arn}."
        ),
    ))
}

/// `DELETE /2020-06-30/functions/{FunctionName}/code-signing-config`
pub(super) async fn delete<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
) -> Result<NoContent, WireError> {
    existing(&api, &name)?;
    Ok(NoContent)
}

fn existing<G>(api: &Api<G>, name: &PathName) -> Result<FunctionName, WireError> {
    let reference = name.plain(&api.account)?;
    Ok(api.existing(&reference)?.latest.function.clone())
}
