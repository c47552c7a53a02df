//! DeleteFunction.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::NoContent;
use http::Uri;

use crate::contract::api::Api;
use crate::contract::error::WireError;
use crate::contract::path_names::PathName;
use crate::deployer::CompileGuest;
use crate::domain::{Cause, Qualifier, VersionId};

/// `DELETE /2015-03-31/functions/{FunctionName}`
pub(in crate::contract) async fn delete<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    name: PathName,
    uri: Uri,
) -> Result<NoContent, WireError> {
    let reference = name.qualified(&uri, &api.account)?;
    let qualifier = reference.qualifier.as_ref();
    refuse_what_is_no_version(qualifier)?;
    let record = api.existing(&reference)?;
    let function = &record.latest.function;
    match qualifier {
        None => api.deployer.by(cause).delete(function).await?,
        Some(Qualifier::Version(VersionId::Number(number))) => {
            api.deployer
                .by(cause)
                .delete_version(function, *number)
                .await?;
        }
        Some(
            Qualifier::Version(VersionId::Latest) | Qualifier::Alias(_) | Qualifier::Unknown(_),
        ) => {
            return Err(reference.not_found(&api.account, qualifier));
        }
    }
    Ok(NoContent)
}

/// Comes before existence.
fn refuse_what_is_no_version(qualifier: Option<&Qualifier>) -> Result<(), WireError> {
    match qualifier {
        Some(Qualifier::Version(VersionId::Latest)) => Err(WireError::invalid_parameter(
            "$LATEST version cannot be deleted without deleting the function.",
        )),
        Some(Qualifier::Alias(_)) => Err(WireError::invalid_parameter(
            "Deletion of aliases is not currently supported.",
        )),
        Some(Qualifier::Version(VersionId::Number(_)) | Qualifier::Unknown(_)) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_functions_and_versions_can_be_deleted() {
        let refusal = |text| refuse_what_is_no_version(Some(&Qualifier::parse(text)));
        assert!(refusal("1").is_ok() && refusal("$latest").is_ok());
        let text = format!(
            "{:?}",
            refusal("$LATEST").expect_err("it goes with the function")
        );
        assert!(text.contains("$LATEST version cannot be deleted without deleting the function."));
        let text = format!("{:?}", refusal("prod").expect_err("it is an alias"));
        assert!(text.contains("Deletion of aliases is not currently supported."));
    }
}
