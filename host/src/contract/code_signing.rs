//! Code signing of a function: there is none here, and that is what is answered.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::answer;
use super::api::Api;
use super::constraint::Violations;
use super::error::{ErrorCode, WireError};
use super::functions::{PathName, without_package};
use super::wire::parse;
use crate::domain::FunctionName;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PutConfig {
    code_signing_config_arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown<'a> {
    code_signing_config_arn: &'static str,
    function_name: &'a str,
}

/// `GET /2020-06-30/functions/{FunctionName}/code-signing-config`
pub(super) async fn get<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
) -> Result<Response, WireError> {
    let function = existing(&api, &name)?;
    let shown = Shown {
        code_signing_config_arn: "",
        function_name: function.as_str(),
    };
    answer::json(StatusCode::OK, &shown)
}

/// `PUT /2020-06-30/functions/{FunctionName}/code-signing-config`
///
/// No config exists, so none can be found.
pub(super) async fn put<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
    request: Request,
) -> Result<Response, WireError> {
    let limit = without_package("PutFunctionCodeSigningConfig");
    let received = api.bodies.receive(request.into_body(), limit).await?;
    name.plain(&api.account)?;
    let wanted: PutConfig = parse::body(received).await?;
    let mut violations = Violations::default();
    let arn = wanted.code_signing_config_arn;
    violations.required("codeSigningConfigArn", arn.as_ref());
    violations.into_result()?;
    Err(WireError::new(
        ErrorCode::CodeSigningConfigNotFound,
        format!(
            "The code signing configuration cannot be found. Check that the provided code signing \
             configuration is not deleted: {}.",
            arn.unwrap_or_default()
        ),
    ))
}

/// `DELETE /2020-06-30/functions/{FunctionName}/code-signing-config`
pub(super) async fn delete<G: Send + Sync + 'static>(
    State(api): State<Arc<Api<G>>>,
    name: PathName,
) -> Result<Response, WireError> {
    existing(&api, &name)?;
    Ok(answer::empty(StatusCode::NO_CONTENT))
}

fn existing<G>(api: &Api<G>, name: &PathName) -> Result<FunctionName, WireError> {
    let reference = name.plain(&api.account)?;
    Ok(api.existing(&reference)?.latest.function.clone())
}
