//! The configuration of a function URL, as requests give it and as answers show it.

use serde::{Deserialize, Serialize};

use super::timestamp;
use crate::contract::constraint::Violations;
use crate::domain::FunctionArn;
use crate::domain::attachments::{Cors, FunctionUrl};
use crate::domain::function_url::UrlChange;

const AUTH_TYPES: [&str; 2] = ["NONE", "AWS_IAM"];
/// In the order in which AWS names them.
const INVOKE_MODES: [&str; 2] = ["RESPONSE_STREAM", "BUFFERED"];

/// The members of CreateFunctionUrlConfig and UpdateFunctionUrlConfig.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct UrlMembers {
    pub(in crate::contract) auth_type: Option<String>,
    invoke_mode: Option<String>,
    cors: Option<CorsMembers>,
}

/// `Cors`: what was given is shown.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct CorsMembers {
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_credentials: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_headers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_methods: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_origins: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expose_headers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<i64>,
}

impl UrlMembers {
    /// Adds what the members break of the model's constraints.
    pub(in crate::contract) fn check(&self, violations: &mut Violations) {
        if let Some(auth_type) = &self.auth_type {
            violations.one_of("authType", auth_type, &AUTH_TYPES);
        }
        if let Some(mode) = &self.invoke_mode {
            violations.one_of("invokeMode", mode, &INVOKE_MODES);
        }
        if let Some(cors) = &self.cors {
            cors.check(violations);
        }
    }

    /// What the members say, once they are checked.
    pub(in crate::contract) fn into_change(self) -> UrlChange {
        UrlChange {
            auth_type: self.auth_type,
            invoke_mode: self.invoke_mode,
            cors: self.cors.map(CorsMembers::into_domain),
        }
    }
}

impl CorsMembers {
    fn check(&self, violations: &mut Violations) {
        let lists = [
            ("cors.allowHeaders", &self.allow_headers, 100, (0, 1024)),
            ("cors.allowMethods", &self.allow_methods, 6, (0, 6)),
            ("cors.allowOrigins", &self.allow_origins, 100, (1, 253)),
            ("cors.exposeHeaders", &self.expose_headers, 100, (0, 1024)),
        ];
        for (member, items, items_max, chars) in lists {
            if let Some(items) = items {
                violations.lines(member, items, items_max, chars);
            }
        }
        if let Some(seconds) = self.max_age {
            violations.range("cors.maxAge", seconds, 0, 86_400);
        }
    }

    fn into_domain(self) -> Cors {
        Cors {
            allow_credentials: self.allow_credentials,
            allow_headers: self.allow_headers,
            allow_methods: self.allow_methods,
            allow_origins: self.allow_origins,
            expose_headers: self.expose_headers,
            max_age_seconds: self.max_age.and_then(|seconds| u32::try_from(seconds).ok()),
        }
    }

    fn of(cors: &Cors) -> Self {
        let cors = cors.clone();
        Self {
            allow_credentials: cors.allow_credentials,
            allow_headers: cors.allow_headers,
            allow_methods: cors.allow_methods,
            allow_origins: cors.allow_origins,
            expose_headers: cors.expose_headers,
            max_age: cors.max_age_seconds.map(i64::from),
        }
    }
}

/// `FunctionUrlConfig`, and the answers of all operations that show one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::contract) struct UrlConfig {
    function_url: String,
    function_arn: String,
    auth_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cors: Option<CorsMembers>,
    creation_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoke_mode: Option<String>,
}

/// Which operation shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Shown {
    /// CreateFunctionUrlConfig: there was no change yet.
    Created,
    /// UpdateFunctionUrlConfig: a mode that nobody set is left out.
    Updated,
    /// The operations that read.
    Read,
}

impl UrlConfig {
    /// The configuration `url` of what `arn` names, with the `address` under which it can be reached.
    pub(in crate::contract) fn of(
        url: &FunctionUrl,
        arn: &FunctionArn,
        address: String,
        shown: Shown,
    ) -> Self {
        let mode = url.invoke_mode.clone();
        Self {
            function_url: address,
            function_arn: arn.to_string(),
            auth_type: url.auth_type.clone(),
            cors: url.cors.as_ref().map(CorsMembers::of),
            creation_time: timestamp::text(url.created),
            last_modified_time: (shown != Shown::Created)
                .then(|| timestamp::text(url.last_modified)),
            invoke_mode: match shown {
                Shown::Created | Shown::Updated => mode,
                Shown::Read => mode.or_else(|| Some("BUFFERED".into())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn broken(members: serde_json::Value) -> String {
        let members: UrlMembers = serde_json::from_value(members).expect("the shape");
        let mut violations = Violations::default();
        members.check(&mut violations);
        format!("{:?}", violations.into_result())
    }

    #[test]
    fn the_constraints_of_the_model_are_named_when_they_are_broken() {
        let text = broken(json!({"InvokeMode": "UNKNOWN", "AuthType": "X"}));
        assert!(text.contains(
            "2 validation errors detected: Value 'X' at 'authType' failed to satisfy constraint: \
             Member must satisfy enum value set: [NONE, AWS_IAM]; Value 'UNKNOWN' at 'invokeMode' \
             failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_STREAM, \
             BUFFERED]"
        ));
        for (cors, expected) in [
            (json!({"MaxAge": 86_401}), "at 'cors.maxAge'"),
            (json!({"MaxAge": -1}), "at 'cors.maxAge'"),
            (
                json!({"AllowMethods": ["OPTIONS"]}),
                "Value '[OPTIONS]' at 'cors.allowMethods'",
            ),
            (
                json!({"AllowMethods": vec!["GET"; 7]}),
                "length less than or equal to 6",
            ),
            (
                json!({"AllowOrigins": [""]}),
                "length greater than or equal to 1",
            ),
            (
                json!({"AllowHeaders": ["a\r\nb"]}),
                "regular expression pattern: .*",
            ),
            (
                json!({"ExposeHeaders": vec!["x"; 101]}),
                "at 'cors.exposeHeaders'",
            ),
        ] {
            let text = broken(json!({ "Cors": cors }));
            assert!(text.contains(expected), "{text}");
        }
        let fine = json!({
            "AllowCredentials": true, "AllowHeaders": ["*"], "AllowMethods": ["GET", "DELETE"],
            "AllowOrigins": ["https://a.example"], "ExposeHeaders": [], "MaxAge": 86_400,
        });
        assert_eq!(broken(json!({ "Cors": fine })), "Ok(())");
    }

    #[test]
    fn what_was_given_of_cors_is_shown_and_nothing_else() {
        let given = json!({"AllowOrigins": ["*"], "MaxAge": 0});
        let members: UrlMembers =
            serde_json::from_value(json!({ "Cors": given })).expect("the shape");
        let cors = members.into_change().cors.expect("it was given");
        let shown = serde_json::to_value(CorsMembers::of(&cors)).expect("it has a JSON form");
        assert_eq!(shown, given);
    }
}
