//! CreateFunction.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Extension, State};
use serde::{Deserialize, Serialize};

use crate::contract::answer::Json;
use crate::contract::api::Api;
use crate::contract::callers::charged;
use crate::contract::constraint::Violations;
use crate::contract::error::WireError;
use crate::contract::json_body::JsonBody;
use crate::contract::passage::Passage;
use crate::contract::reference::{NameShape, Reference};
use crate::contract::spelling::Spelling;
use crate::contract::wire::code::CodeSource;
use crate::contract::wire::configuration::Detail;
use crate::contract::wire::settings::{Asked, SettingsMembers};
use crate::contract::wire::tenancy::TenancyMember;
use crate::contract::wire::text_map::TextMap;
use crate::deployer::{CompileGuest, NewFunction};
use crate::domain::settings::{Architecture, PackageType, Tenancy};
use crate::domain::{Account, Cause, Settings, tags};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct CreateFunction {
    function_name: Option<String>,
    code: Option<CodeSource>,
    package_type: Option<String>,
    architectures: Option<Vec<String>>,
    tags: Option<TextMap>,
    publish: Option<bool>,
    tenancy_config: Option<TenancyMember>,
    #[serde(flatten)]
    settings: SettingsMembers,
}

/// `POST /2015-03-31/functions`
pub(in crate::contract) async fn create<G: CompileGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(cause): Extension<Cause>,
    Extension(passage): Extension<Passage>,
    body: JsonBody<CreateFunction>,
) -> Result<Json<impl Serialize>, WireError> {
    let (wanted, charge) = body.read_charged().await?;
    let new = wanted.checked(&api.account)?;
    let new = NewFunction {
        sender: passage.sender(),
        package: charged(new.package, charge),
        ..new
    };
    let version = api.deployer.by(cause).create(new).await?;
    // As AWS shows it: the ARN is that of the function, even where this is version 1 of it.
    let shown = api.renderer().configuration(&version, None, Detail::Whole);
    Ok(Json::created(shown))
}

/// A call within the model's constraints.
struct Admitted<'a> {
    name: Spelling<'a>,
    code: CodeSource,
    package_type: Option<PackageType>,
    architecture: Option<Architecture>,
    tenancy: Option<Tenancy>,
    settings: Asked,
    tags: BTreeMap<String, String>,
    publish: bool,
}

impl CreateFunction {
    /// The function that is asked for: the model's constraints first, then name, settings and code.
    fn checked(mut self, account: &Account) -> Result<NewFunction, WireError> {
        let name = self.function_name.take();
        self.admitted(name.as_deref())?.checked(account)
    }

    fn admitted(mut self, name: Option<&str>) -> Result<Admitted<'_>, WireError> {
        let mut v = Violations::default();
        let name = v.required("functionName", name);
        let name = name.and_then(|name| NameShape::Plain.spelling(name, &mut v));
        let role = v.required("role", self.settings.role.take());
        let code = v.required("code", self.code);
        let package_type = v.given(self.package_type, |v, name| v.one_of("packageType", &name));
        let architecture = v.given(self.architectures, |v, names| {
            v.only_one_of("architectures", &names)
        });
        self.settings.role = role.ok();
        let settings = self.settings.read(&mut v);
        let tenancy = v.given(self.tenancy_config, |v, config| config.read(v));
        v.settled(|| {
            Ok(Admitted {
                name: name?,
                code: code?,
                package_type,
                architecture,
                tenancy,
                settings,
                tags: self.tags.into_iter().flat_map(|tags| tags.0).collect(),
                publish: self.publish.unwrap_or_default(),
            })
        })
    }
}

impl Admitted<'_> {
    /// The function that is asked for, where the service has no objection either.
    fn checked(self, account: &Account) -> Result<NewFunction, WireError> {
        let reference = Reference::of(&self.name, None, account)?;
        let name = reference.new_name()?.clone();
        refuse_images(self.package_type)?;
        if !self.settings.names_runtime_and_handler() {
            return Err(WireError::invalid_parameter(
                "Runtime and Handler are mandatory parameters for functions created with deployment \
                 packages.",
            ));
        }
        let mut settings = Settings::for_function(&name);
        settings.tenancy = self.tenancy.unwrap_or_default();
        settings.architecture = self.architecture.unwrap_or_default();
        self.settings.change()?.apply(&mut settings)?;
        tags::check(&self.tags)?;
        Ok(NewFunction {
            name,
            settings,
            tags: self.tags,
            publish: self.publish,
            package: self.code.package()?,
            sender: None,
        })
    }
}

fn refuse_images(package_type: Option<PackageType>) -> Result<(), WireError> {
    match package_type {
        Some(PackageType::Image) => Err(WireError::invalid_parameter(
            "PackageType Image is not supported by this host: functions are WebAssembly components. \
             Use PackageType Zip, and give the component, bare or in a zip, as ZipFile.",
        )),
        Some(PackageType::Zip) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMUM: &str = r#""FunctionName":"fn","Role":"arn:aws:iam::123456789012:role/r",
        "Runtime":"provided.al2023","Handler":"h","Code":{"ZipFile":"aGk="}"#;

    fn read(json: &str) -> Result<NewFunction, String> {
        let wanted: CreateFunction = serde_json::from_str(json).expect("it is the shape's JSON");
        wanted
            .checked(&Account::default())
            .map_err(|error| format!("{error:?}"))
    }

    fn with(members: &str) -> Result<NewFunction, String> {
        read(&format!("{{{MINIMUM},{members}}}"))
    }

    #[test]
    fn the_least_that_a_deploy_sends_has_the_defaults_of_aws() {
        let new = read(&format!("{{{MINIMUM}}}")).expect("nothing is missing");
        assert_eq!(new.name.as_str(), "fn");
        assert_eq!(new.package, "hi");
        let settings = &new.settings;
        assert_eq!((settings.timeout_seconds, settings.memory_mb), (3, 128));
        assert_eq!(settings.architecture, Architecture::X86_64);
        assert_eq!(settings.handler.as_deref(), Some("h"));
        assert_eq!(settings.environment, None);
        assert_eq!(settings.logging.group, "/aws/lambda/fn");
    }

    #[test]
    fn what_is_given_is_taken() {
        let new = with(
            r#""Timeout":30,"Architectures":["arm64"],"Tags":{"a":"b"},"Publish":true,
                "TenancyConfig":{"TenantIsolationMode":"PER_TENANT"},"New":[]"#,
        )
        .expect("all of it is fine");
        assert_eq!(new.settings.timeout_seconds, 30);
        assert_eq!(new.settings.architecture, Architecture::Arm64);
        assert!(new.publish);
        assert_eq!(new.settings.tenancy, Tenancy::PerTenant);
        assert_eq!(new.tags.get("a").map(String::as_str), Some("b"));
    }

    #[test]
    fn the_name_may_be_an_arn_of_this_account_and_region() {
        let named = |name: &str| {
            read(&format!(
                "{{{}}}",
                MINIMUM.replace("\"fn\"", &format!("\"{name}\""))
            ))
        };
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:fn";
        assert_eq!(named(arn).expect("it is ours").name.as_str(), "fn");
        let long = named(&format!("{arn}{}", "a".repeat(100))).expect_err("it is too long");
        assert!(
            long.contains("Validation") && long.contains("equal to 140"),
            "{long}"
        );
        let long = named(&"a".repeat(65)).expect_err("it is too long");
        assert!(long.contains("InvalidParameterValue") && long.contains("equal to 64"));
        let odd = named("invalid:function:name").expect_err("it has two qualifiers");
        assert!(odd.contains("1 validation error detected: Value 'invalid:function:name'"));
        let elsewhere = named("arn:aws:lambda:ap-southeast-1:123456789012:function:fn");
        assert!(
            elsewhere
                .expect_err("it is far")
                .contains("not reachable in this region")
        );
    }

    #[test]
    fn missing_members_are_named_together() {
        let text = read("{}").expect_err("everything is missing");
        assert!(text.contains(
            "3 validation errors detected: Value null at 'functionName' failed to satisfy \
             constraint: Member must not be null; Value null at 'role'"
        ));
        let text = read(&format!(
            "{{{}}}",
            MINIMUM.replace("\"Handler\"", "\"Other\"")
        ));
        assert!(
            text.expect_err("the handler is missing")
                .contains("Runtime and Handler are mandatory")
        );
    }

    #[test]
    fn what_this_host_cannot_do_is_refused_and_never_ignored() {
        for (members, expected) in [
            (
                r#""PackageType":"Image""#,
                "PackageType Image is not supported",
            ),
            (r#""PackageType":"Tar""#, "Value 'Tar' at 'packageType'"),
            (
                r#""Architectures":["x86_64","arm64"]"#,
                "Value '[x86_64, arm64]' at 'architectures'",
            ),
            (r#""Architectures":[]"#, "length greater than or equal to 1"),
            (
                r#""SnapStart":{"ApplyOn":"PublishedVersions"},
                    "TenancyConfig":{"TenantIsolationMode":"PER_TENANT"}"#,
                "SnapStart is not supported for functions with tenant isolation",
            ),
            (
                r#""LoggingConfig":{"SystemLogLevel":"WARN"}"#,
                "LogLevel is not supported when LogFormat is set to",
            ),
        ] {
            let text = with(members).expect_err("it is refused");
            assert!(text.contains(expected), "{text}");
        }
    }
}
