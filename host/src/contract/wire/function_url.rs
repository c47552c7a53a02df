//! The configuration of a function URL, as requests give it and as answers show it.

use serde::{Deserialize, Serialize};

use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::domain::attachments::{Cors, FunctionUrl, InvokeMode};
use crate::domain::function_url::{NewUrl, UrlChange};
use crate::domain::{FunctionArn, Named as _, times};

/// The members of CreateFunctionUrlConfig and UpdateFunctionUrlConfig.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct UrlMembers {
    auth_type: Option<String>,
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
    /// The address that a call of Create asks for, which has to say who may call it.
    ///
    /// # Errors
    /// For all broken constraints together.
    pub(in crate::contract) fn new_address(mut self) -> Result<NewUrl, WireError> {
        let mut v = Violations::default();
        let auth_type = v.required("authType", self.auth_type.take());
        let auth_type = auth_type.and_then(|name| v.one_of("authType", &name));
        let change = self.read(&mut v);
        v.settled(|| {
            Ok(NewUrl {
                auth_type: auth_type?,
                invoke_mode: change.invoke_mode,
                cors: change.cors,
            })
        })
    }

    /// The change that a call of Update asks for.
    ///
    /// # Errors
    /// For all broken constraints together.
    pub(in crate::contract) fn change(self) -> Result<UrlChange, WireError> {
        let mut v = Violations::default();
        let change = self.read(&mut v);
        v.settled(|| Ok(change))
    }

    fn read(self, v: &mut Violations) -> UrlChange {
        UrlChange {
            auth_type: v.given(self.auth_type, |v, name| v.one_of("authType", &name)),
            invoke_mode: v.given(self.invoke_mode, |v, name| v.one_of("invokeMode", &name)),
            cors: self.cors.map(|cors| cors.read(v)),
        }
    }
}

impl CorsMembers {
    fn read(self, v: &mut Violations) -> Cors {
        let lists = [
            ("cors.allowHeaders", &self.allow_headers, 100, (0, 1024)),
            ("cors.allowMethods", &self.allow_methods, 6, (0, 6)),
            ("cors.allowOrigins", &self.allow_origins, 100, (1, 253)),
            ("cors.exposeHeaders", &self.expose_headers, 100, (0, 1024)),
        ];
        for (member, items, items_max, chars) in lists {
            if let Some(items) = items {
                v.lines(member, items, items_max, chars);
            }
        }
        Cors {
            allow_credentials: self.allow_credentials,
            allow_headers: self.allow_headers,
            allow_methods: self.allow_methods,
            allow_origins: self.allow_origins,
            expose_headers: self.expose_headers,
            max_age_seconds: v.given(self.max_age, |v, seconds| {
                v.range("cors.maxAge", seconds, &(0..=86_400))
            }),
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
    auth_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cors: Option<CorsMembers>,
    creation_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoke_mode: Option<&'static str>,
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
        let mode = match shown {
            Shown::Created | Shown::Updated => url.invoke_mode,
            Shown::Read => Some(url.invoke_mode.unwrap_or_default()),
        };
        Self {
            function_url: address,
            function_arn: arn.to_string(),
            auth_type: url.auth_type.name(),
            cors: url.cors.as_ref().map(CorsMembers::of),
            creation_time: times::with_offset(url.created),
            last_modified_time: (shown != Shown::Created)
                .then(|| times::with_offset(url.last_modified)),
            invoke_mode: mode.map(InvokeMode::name),
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
        format!("{:?}", members.change().map(|_| ()))
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
        let cors = members.change().expect("it is fine").cors;
        let shown = serde_json::to_value(cors.as_ref().map(CorsMembers::of));
        assert_eq!(shown.expect("it has a JSON form"), given);
    }
}
