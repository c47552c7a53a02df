//! `TenancyConfig`: whether the calls of a function are isolated by tenant.

use serde::{Deserialize, Serialize};

use crate::contract::constraint::{Broken, Violations};
use crate::domain::Named as _;
use crate::domain::named::named;
use crate::domain::settings::Tenancy;

named! {
    /// The member in it.
    enum TenantIsolationMode {
        /// No sandbox serves two tenants.
        PerTenant = "PER_TENANT",
    }
}

/// The member `TenancyConfig`, in requests and answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::contract) struct TenancyMember {
    tenant_isolation_mode: Option<String>,
}

impl TenancyMember {
    /// The member that shows `tenancy`, which only isolated functions have.
    pub(in crate::contract) fn of(tenancy: Tenancy) -> Option<Self> {
        match tenancy {
            Tenancy::Shared => None,
            Tenancy::PerTenant => Some(Self {
                tenant_isolation_mode: Some(TenantIsolationMode::PerTenant.name().into()),
            }),
        }
    }

    /// What the member asks for.
    pub(in crate::contract) fn read(self, v: &mut Violations) -> Result<Tenancy, Broken> {
        let member = "tenancyConfig.tenantIsolationMode";
        let mode = v.required(member, self.tenant_isolation_mode)?;
        match v.one_of(member, &mode)? {
            TenantIsolationMode::PerTenant => Ok(Tenancy::PerTenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_mode_is_shown_as_it_is_asked_for() {
        let shown = TenancyMember::of(Tenancy::PerTenant).expect("it is isolated");
        let json = serde_json::to_string(&shown).expect("it has a JSON form");
        assert_eq!(json, r#"{"TenantIsolationMode":"PER_TENANT"}"#);
        assert_eq!(TenancyMember::of(Tenancy::Shared), None);
        for (json, expected) in [
            ("{}", "Value null at 'tenancyConfig.tenantIsolationMode'"),
            (
                r#"{"TenantIsolationMode":"NONE"}"#,
                "enum value set: [PER_TENANT]",
            ),
        ] {
            let member: TenancyMember = serde_json::from_str(json).expect("the member's JSON");
            let mut violations = Violations::default();
            assert!(member.read(&mut violations).is_err());
            let text = format!("{:?}", violations.into_result().expect_err("it is broken"));
            assert!(text.contains(expected), "{text}");
        }
    }
}
