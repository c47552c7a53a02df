//! `sparkler policy`: what policies allow.

mod told;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand};
use sparkler::internals::limits::POLICY_BYTES_MAX;
use sparkler::internals::{
    Context, Document, Identity, Named as _, OwnPolicies, PolicyError, Preset, Request, decide,
};

use super::{CommandResult, input, output};

const EXAMPLES: &str = "\
Examples:
  sparkler policy test --preset invoke --principal arn:aws:iam::123456789012:user/ci \\
    --action lambda:InvokeFunction \\
    --resource arn:aws:lambda:us-east-1:123456789012:function:hello
  sparkler policy test --resource-policy hello.json --principal s3.amazonaws.com \\
    --action lambda:InvokeFunction \\
    --resource arn:aws:lambda:us-east-1:123456789012:function:hello \\
    --context aws:SourceArn=arn:aws:s3:::bucket --json

A test ends with 0 where it is allowed, with 1 where it is denied, and with 2 where what was given
cannot be understood.";

/// The exit code of a test that could not be made.
const NOT_UNDERSTOOD: u8 = 2;

/// Show what policies allow, and why
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Policy {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Test(Test),
}

/// Decide whether somebody may do something, as a server would, and say which statement decides
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Test {
    /// A policy of the identity, as a file with its JSON; may be given several times
    #[arg(long, value_name = "FILE")]
    identity: Vec<PathBuf>,

    /// A policy of the identity that is built in: admin, deploy, invoke, read, permissions, assume, operator
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Vec<Preset>,

    /// The identity's permissions boundary
    #[arg(long, value_name = "FILE")]
    boundary: Option<PathBuf>,

    /// A policy of the identity's session; may be given several times
    #[arg(long, value_name = "FILE")]
    session: Vec<PathBuf>,

    /// The policy of the function, version or alias
    #[arg(long, value_name = "FILE")]
    resource_policy: Option<PathBuf>,

    /// Who asks: the ARN of a root, user, role or session, the name of a service, or anonymous
    #[arg(long, value_name = "ARN")]
    principal: String,

    /// What is asked for, such as lambda:InvokeFunction
    #[arg(long, value_name = "ACTION")]
    action: String,

    /// What it is asked of: an ARN as it is addressed, or * for what is about the account
    #[arg(long, value_name = "ARN")]
    resource: String,

    /// A condition key and its value; given again for a key with several values
    #[arg(long, value_name = "KEY=VALUE")]
    context: Vec<String>,

    /// Print the decision, and what each kind of policy says, as JSON
    #[arg(long)]
    json: bool,
}

fn preset(name: &str) -> Result<Preset, String> {
    Preset::named(name).ok_or_else(|| format!("write one of {}", Preset::names().join(", ")))
}

impl Policy {
    pub(super) fn run(self) -> CommandResult {
        let Action::Test(test) = self.action;
        test.run().or_else(|error| {
            output::error(&error);
            Ok(ExitCode::from(NOT_UNDERSTOOD))
        })
    }
}

impl Test {
    fn run(&self) -> CommandResult {
        let own = self.own_policies()?;
        let resource_policy = match &self.resource_policy {
            Some(file) => read(file, Document::resource)?,
            None => Document::default(),
        };
        let (identity, context) = (identity(&self.principal)?, self.context()?);
        let request = Request {
            identity: &identity,
            action: checked_action(&self.action)?,
            resource: checked_resource(&self.resource)?,
            context: &context,
        };
        let decision = decide(request, &own, &resource_policy);
        match self.json {
            true => output::json(&told::json(&decision))?,
            false => told::lines(&decision)
                .iter()
                .for_each(|line| output::data(line)),
        }
        Ok(match decision.is_allowed() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }

    fn own_policies(&self) -> anyhow::Result<OwnPolicies> {
        let read = |file: &PathBuf| read(file, Document::identity).map(Arc::new);
        let presets = self
            .preset
            .iter()
            .map(|preset| Ok(Arc::new(preset.policy(&["*"])?)));
        Ok(OwnPolicies {
            identity: self
                .identity
                .iter()
                .map(read)
                .chain(presets)
                .collect::<anyhow::Result<_>>()?,
            boundary: self.boundary.as_ref().map(read).transpose()?,
            session: self
                .session
                .iter()
                .map(read)
                .collect::<anyhow::Result<_>>()?,
        })
    }

    fn context(&self) -> anyhow::Result<Context> {
        let mut context = Context::default().at(SystemTime::now());
        for pair in &self.context {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                anyhow!("'{pair}' has no value: write --context KEY=VALUE, such as aws:SourceIp=10.0.0.1")
            })?;
            context = context
                .given(key, value)
                .map_err(|wrong| anyhow!("--context {pair}: {wrong}"))?;
        }
        Ok(context)
    }
}

fn read(file: &Path, parse: fn(&str) -> Result<Document, PolicyError>) -> anyhow::Result<Document> {
    let named = || file.display().to_string();
    let bytes = input::file(file, POLICY_BYTES_MAX as u64).with_context(named)?;
    let Some(bytes) = bytes else {
        bail!(
            "{}: it is larger than {POLICY_BYTES_MAX} bytes, which is what a policy may have",
            named()
        );
    };
    let text = String::from_utf8(bytes).with_context(named)?;
    parse(&text).with_context(named)
}

fn identity(text: &str) -> anyhow::Result<Identity> {
    match text {
        "anonymous" => Ok(Identity::anonymous()),
        arn if arn.starts_with("arn:") => Identity::aws(arn).ok_or_else(|| {
            anyhow!(
                "'{arn}' is no identity: write an ARN such as arn:aws:iam::123456789012:user/NAME, \
                 arn:aws:sts::123456789012:assumed-role/ROLE/SESSION or arn:aws:iam::123456789012:root"
            )
        }),
        name if name.contains('.') => Ok(Identity::service(name)),
        other => bail!(
            "'{other}' is no principal: write an ARN, the name of a service such as s3.amazonaws.com, \
             or anonymous"
        ),
    }
}

fn checked_action(action: &str) -> anyhow::Result<&str> {
    let is_one = action.split_once(':').is_some_and(|(service, name)| {
        let is_name =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name(service) && is_name(name)
    });
    match is_one {
        true => Ok(action),
        false => {
            bail!("'{action}' is no action: write one, such as lambda:InvokeFunction, without *")
        }
    }
}

fn checked_resource(resource: &str) -> anyhow::Result<&str> {
    match resource == "*" || (resource.starts_with("arn:") && resource.splitn(6, ':').count() == 6)
    {
        true => Ok(resource),
        false => bail!(
            "'{resource}' is no resource: write an ARN, such as \
             arn:aws:lambda:us-east-1:123456789012:function:NAME, or * for what is about the account"
        ),
    }
}

#[cfg(test)]
mod tests;
