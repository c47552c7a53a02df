//! Members for what this host lacks: empty ones mean nothing and pass, real ones are refused.
//!
//! Nothing is accepted that would then have no effect.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::contract::constraint::{Pattern, Violations};
use crate::contract::error::WireError;

static SUBNET: Pattern = Pattern::new("subnet-[0-9a-z]*");
static SECURITY_GROUP: Pattern = Pattern::new("sg-[0-9a-zA-Z]*");
/// Longest id of a subnet or a security group in a request, as the model bounds it.
const ID_CHARS_MAX: usize = 1_024;

/// The members of CreateFunction and UpdateFunctionConfiguration that have no effect here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct LackingMembers {
    vpc_config: Option<VpcConfig>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    layers: Option<Vec<IgnoredAny>>,
    file_system_configs: Option<Vec<IgnoredAny>>,
    image_config: Option<ImageConfig>,
    code_signing_config_arn: Option<String>,
    capacity_provider_config: Option<IgnoredAny>,
    durable_config: Option<IgnoredAny>,
    publish_to: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VpcConfig {
    subnet_ids: Option<Vec<String>>,
    security_group_ids: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ImageConfig {
    entry_point: Option<Vec<IgnoredAny>>,
    command: Option<Vec<IgnoredAny>>,
    working_directory: Option<String>,
}

impl LackingMembers {
    /// Adds what the members break of the model's constraints.
    pub(super) fn check(&self, violations: &mut Violations) {
        if let Some(vpc) = &self.vpc_config {
            vpc.check(violations);
        }
    }

    /// Refuses members that ask for something.
    ///
    /// # Errors
    /// With the member and the way out.
    pub(in crate::contract) fn refuse(&self) -> Result<(), WireError> {
        match self.first() {
            None => Ok(()),
            Some((member, why)) => Err(WireError::invalid_parameter(format!(
                "{member} is not supported by this host: {why}. Leave it out."
            ))),
        }
    }

    fn first(&self) -> Option<(&'static str, &'static str)> {
        let asks = [
            (
                self.vpc_config.as_ref().is_some_and(VpcConfig::asks),
                ("VpcConfig", "functions have no network of their own"),
            ),
            (
                is_text(&self.kms_key_arn),
                ("KMSKeyArn", "there is no key management service here"),
            ),
            (
                has_items(&self.layers),
                ("Layers", "a component brings all of its code with it"),
            ),
            (
                has_items(&self.file_system_configs),
                ("FileSystemConfigs", "there are no shared file systems here"),
            ),
            (
                self.image_config.as_ref().is_some_and(ImageConfig::asks),
                (
                    "ImageConfig",
                    "functions are WebAssembly components, not container images",
                ),
            ),
            (
                is_text(&self.code_signing_config_arn),
                ("CodeSigningConfigArn", "signatures of code are not checked"),
            ),
            (
                self.capacity_provider_config.is_some(),
                (
                    "CapacityProviderConfig",
                    "there are no capacity providers here",
                ),
            ),
            (
                self.durable_config.is_some(),
                ("DurableConfig", "there are no durable executions here"),
            ),
            (
                self.publish_to.is_some(),
                (
                    "PublishTo",
                    "there are no capacity providers to publish to here",
                ),
            ),
        ];
        asks.into_iter()
            .find_map(|(asks, member)| asks.then_some(member))
    }
}

impl VpcConfig {
    fn check(&self, violations: &mut Violations) {
        for (member, ids, most, pattern) in [
            ("vpcConfig.subnetIds", &self.subnet_ids, 16, &SUBNET),
            (
                "vpcConfig.securityGroupIds",
                &self.security_group_ids,
                5,
                &SECURITY_GROUP,
            ),
        ] {
            let ids = ids.as_deref().unwrap_or_default();
            violations.items(member, ids, most, ID_CHARS_MAX, pattern);
        }
    }

    fn asks(&self) -> bool {
        has_items(&self.subnet_ids) || has_items(&self.security_group_ids)
    }
}

impl ImageConfig {
    fn asks(&self) -> bool {
        has_items(&self.entry_point) || has_items(&self.command) || is_text(&self.working_directory)
    }
}

fn is_text(member: &Option<String>) -> bool {
    member.as_ref().is_some_and(|text| !text.is_empty())
}

fn has_items<T>(member: &Option<Vec<T>>) -> bool {
    member.as_ref().is_some_and(|items| !items.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> LackingMembers {
        serde_json::from_str(json).expect("they are the members' JSON")
    }

    #[test]
    fn members_that_ask_for_nothing_pass() {
        let empty = r#"{"VpcConfig":{"SubnetIds":[],"SecurityGroupIds":[]},"KMSKeyArn":"","Layers":[],
            "FileSystemConfigs":[],"ImageConfig":{},
            "CodeSigningConfigArn":"","DurableConfig":null}"#;
        assert_eq!(members(empty).refuse(), Ok(()));
        assert_eq!(members("{}").refuse(), Ok(()));
    }

    #[test]
    fn ids_of_a_network_have_their_patterns() {
        let broken = |vpc: &str| {
            let mut violations = Violations::default();
            members(&format!(r#"{{"VpcConfig":{vpc}}}"#)).check(&mut violations);
            let result = violations.settled_as(|| Ok(()), |text| text);
            result.err()
        };
        let fine = r#"{"SubnetIds":["subnet-0a1b"],"SecurityGroupIds":["sg-0A1b"]}"#;
        assert_eq!(broken(fine), None);
        assert_eq!(
            broken(r#"{"SubnetIds":["bad-format"]}"#).as_deref(),
            Some(
                "1 validation error detected: Value '[bad-format]' at 'vpcConfig.subnetIds' failed \
                 to satisfy constraint: Member must satisfy constraint: [Member must have length \
                 less than or equal to 1024, Member must have length greater than or equal to 0, \
                 Member must satisfy regular expression pattern: subnet-[0-9a-z]*, Member must not \
                 be null]"
            )
        );
        let six = r#"{"SecurityGroupIds":["sg-1","sg-2","sg-3","sg-4","sg-5","sg-6"]}"#;
        let text = broken(six).expect("there are too many");
        assert!(
            text.ends_with("Member must have length less than or equal to 5"),
            "{text}"
        );
    }

    #[test]
    fn members_that_ask_for_something_are_refused_by_name() {
        for (member, json) in [
            ("VpcConfig", r#"{"SubnetIds":["subnet-1"]}"#),
            ("KMSKeyArn", r#""arn:aws:kms:us-east-1:123456789012:key/1""#),
            (
                "Layers",
                r#"["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]"#,
            ),
            ("FileSystemConfigs", "[{}]"),
            ("ImageConfig", r#"{"Command":["run"]}"#),
            ("CodeSigningConfigArn", r#""arn:x""#),
            ("CapacityProviderConfig", "{}"),
            ("DurableConfig", "{}"),
            ("PublishTo", r#""LATEST_PUBLISHED""#),
        ] {
            let refused = members(&format!(r#"{{"{member}":{json}}}"#)).refuse();
            let text = format!("{:?}", refused.expect_err("it asks for something"));
            assert!(
                text.contains(&format!("{member} is not supported by this host")),
                "{text}"
            );
        }
    }
}
