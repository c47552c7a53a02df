//! What the owner of a function has set, as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::format::{Unreadable, named};
use crate::domain::grants::Grants;
use crate::domain::settings::{Logging, SnapStart, Tenancy};
use crate::domain::{Environment, Named as _, Settings};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::catalog) struct SettingsRow {
    role: String,
    runtime: Option<String>,
    handler: Option<String>,
    description: String,
    timeout_seconds: u32,
    memory_mb: u32,
    environment: Option<BTreeMap<String, String>>,
    architecture: String,
    ephemeral_storage_mb: u32,
    tracing_mode: String,
    logging: LoggingRow,
    dead_letter_target: Option<String>,
    #[serde(default = "without_snapshots")]
    snap_start: String,
    #[serde(default)]
    tenancy: TenancyRow,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct LoggingRow {
    format: String,
    application_level: Option<String>,
    system_level: Option<String>,
    group: String,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
enum TenancyRow {
    #[default]
    Shared,
    PerTenant,
}

/// What settings say that were kept before there were snapshots.
fn without_snapshots() -> String {
    SnapStart::None.name().into()
}

impl SettingsRow {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            role: settings.role.clone(),
            runtime: settings.runtime.clone(),
            handler: settings.handler.clone(),
            description: settings.description.clone(),
            timeout_seconds: settings.timeout_seconds,
            memory_mb: settings.memory_mb,
            environment: settings
                .environment
                .as_ref()
                .map(|variables| variables.0.clone()),
            architecture: settings.architecture.name().into(),
            ephemeral_storage_mb: settings.ephemeral_storage_mb,
            tracing_mode: settings.tracing_mode.name().into(),
            logging: LoggingRow::of(&settings.logging),
            dead_letter_target: settings.dead_letter_target.clone(),
            snap_start: settings.snap_start.name().into(),
            tenancy: match settings.tenancy {
                Tenancy::Shared => TenancyRow::Shared,
                Tenancy::PerTenant => TenancyRow::PerTenant,
            },
        }
    }

    pub(in crate::catalog) fn value(self) -> Result<Settings, Unreadable> {
        Ok(Settings {
            role: self.role,
            runtime: self.runtime,
            handler: self.handler,
            description: self.description,
            timeout_seconds: self.timeout_seconds,
            memory_mb: self.memory_mb,
            environment: self.environment.map(Environment),
            architecture: named("architecture", &self.architecture)?,
            ephemeral_storage_mb: self.ephemeral_storage_mb,
            tracing_mode: named("tracing_mode", &self.tracing_mode)?,
            logging: self.logging.value()?,
            dead_letter_target: self.dead_letter_target,
            snap_start: named("snap_start", &self.snap_start)?,
            tenancy: match self.tenancy {
                TenancyRow::Shared => Tenancy::Shared,
                TenancyRow::PerTenant => Tenancy::PerTenant,
            },
            grants: Grants::default(),
        })
    }
}

impl LoggingRow {
    fn of(logging: &Logging) -> Self {
        Self {
            format: logging.format.name().into(),
            application_level: logging.application_level.map(|level| level.name().into()),
            system_level: logging.system_level.map(|level| level.name().into()),
            group: logging.group.clone(),
        }
    }

    fn value(self) -> Result<Logging, Unreadable> {
        let (application, system) = (self.application_level, self.system_level);
        Ok(Logging {
            format: named("format", &self.format)?,
            application_level: application
                .map(|name| named("application_level", &name))
                .transpose()?,
            system_level: system
                .map(|name| named("system_level", &name))
                .transpose()?,
            group: self.group,
        })
    }
}
