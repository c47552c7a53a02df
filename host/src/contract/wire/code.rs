//! Where the code of a function comes from.

use bytes::Bytes;
use serde::Deserialize;

use super::blob::Blob;
use crate::contract::error::WireError;

/// The member `Code` of CreateFunction, and the same members of UpdateFunctionCode.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct CodeSource {
    zip_file: Option<Blob>,
    #[serde(rename = "S3Bucket")]
    s3_bucket: Option<String>,
    #[serde(rename = "S3Key")]
    s3_key: Option<String>,
    image_uri: Option<String>,
}

impl CodeSource {
    /// The package as it was uploaded: a zip, or bare wasm.
    ///
    /// # Errors
    /// Where there is none, or it does not come with the request.
    pub(in crate::contract) fn package(self) -> Result<Bytes, WireError> {
        if self.image_uri.is_some() {
            return Err(WireError::invalid_parameter(
                "Please don't provide ImageUri when updating a function with packageType Zip.",
            ));
        }
        if self.s3_bucket.is_some() || self.s3_key.is_some() {
            return Err(WireError::invalid_parameter(
                "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The \
                 specified bucket does not exist",
            ));
        }
        match self.zip_file {
            Some(Blob::Bytes(package)) if package.is_empty() => Err(WireError::invalid_parameter(
                "Uploaded file must be a non-empty zip",
            )),
            Some(Blob::Bytes(package)) => Ok(package),
            Some(Blob::NotBase64(reason)) => Err(WireError::invalid_parameter(format!(
                "ZipFile is not base64: {reason} Encode the package, a zip or a WebAssembly \
                 component, in base64 with padding and without line breaks."
            ))),
            None => Err(WireError::invalid_parameter(
                "Please provide a source for function code.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(json: &str) -> Result<Bytes, String> {
        let source: CodeSource = serde_json::from_str(json).expect("it is the member's JSON");
        source.package().map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn the_package_comes_with_the_request() {
        assert_eq!(package(r#"{"ZipFile":"aGk="}"#), Ok("hi".into()));
    }

    #[test]
    fn every_other_source_is_refused_with_its_reason() {
        for (json, reason) in [
            ("{}", "Please provide a source for function code."),
            (r#"{"ZipFile":""}"#, "Uploaded file must be a non-empty zip"),
            (
                r#"{"ZipFile":"a*b="}"#,
                "ZipFile is not base64: Invalid symbol",
            ),
            (
                r#"{"S3Bucket":"b","S3Key":"k"}"#,
                "S3 Error Code: NoSuchBucket",
            ),
            (r#"{"ImageUri":"i"}"#, "Please don't provide ImageUri"),
        ] {
            let text = package(json).expect_err("there is no package");
            assert!(
                text.contains("InvalidParameterValue") && text.contains(reason),
                "{text}"
            );
        }
    }
}
