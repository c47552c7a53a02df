//! `sparkler demo`: the main job in one go, ending by itself.

mod commands;

use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;
use serde_json::{Value, json};
use sparkler::internals::SettingsChange;
use tokio::sync::oneshot;

use super::client::{Client, Invocation, Invoked};
use super::host::{self, Serving};
use super::listen::ListenAddress;
use super::log_tail::LogTail;
use super::spinner::Spinner;
use super::{CommandResult, build, deployment, output};
use crate::toolchain::checkout::Checkout;
use crate::toolchain::{BuildOptions, BuiltGuest};

const EXAMPLES: &str = "\
Examples:
  sparkler demo
  cargo run --release -- demo        From a checkout, with nothing installed";

const FUNCTION: &str = "hello";

/// Build an example, serve it, deploy and call it through HTTP: well, failing, and into its timeout
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {}

/// A call to make, and what is to come of it.
struct Scene {
    title: &'static str,
    event: Value,
    expectation: fn(&Invoked) -> bool,
}

fn scenes() -> [Scene; 3] {
    [
        Scene {
            title: "A call",
            event: json!({"name": "World"}),
            expectation: |invoked| {
                let answer = String::from_utf8_lossy(&invoked.payload);
                invoked.function_error.is_none() && answer.contains("World")
            },
        },
        Scene {
            title: "A call that the function refuses",
            event: json!({"name": ""}),
            expectation: |invoked| {
                let error = error_type(invoked);
                invoked.function_error.is_some() && error.is_some_and(|e| e != TIMED_OUT)
            },
        },
        Scene {
            title: "A call that takes longer than the function's timeout of one second",
            event: json!({"name": "World", "sleep_ms": 60_000}),
            expectation: |invoked| error_type(invoked).is_some_and(|error| error == TIMED_OUT),
        },
    ]
}

/// How a timeout is named on the wire.
const TIMED_OUT: &str = "Sandbox.Timedout";

impl Demo {
    pub(super) fn run(self) -> CommandResult {
        let built = build_example()?;
        let runtime = host::runtime()?;
        let (leave, left) = oneshot::channel::<()>();
        let shutdown = async {
            // A sender that is gone asks to leave as well.
            let _ = left.await;
        };
        let serving = runtime.block_on(async {
            let (listener, _) = ListenAddress::loopback(0).bind().await?;
            Serving::start(host::ephemeral_config(), listener, shutdown).await
        })?;
        let endpoint = format!("http://{}", serving.address);
        output::done(&format!("Serving at {endpoint}, without state"));
        let all_as_expected = play(&endpoint, &built)?;
        drop(leave);
        runtime.block_on(serving.drained())?;
        output::data(&commands::to_try(&built.zip));
        match all_as_expected {
            true => Ok(ExitCode::SUCCESS),
            false => Ok(ExitCode::FAILURE),
        }
    }
}

fn build_example() -> anyhow::Result<BuiltGuest> {
    let checkout = Checkout::find().context(
        "The demo builds examples/hello of Sparkler's source, and that is neither around this folder nor \
         where this program was built. Run it inside a checkout of Sparkler",
    )?;
    let folder = checkout.example(FUNCTION);
    ensure!(
        folder.join("Cargo.toml").is_file(),
        "The demo builds {}, which is not there. Is the checkout complete?",
        folder.display()
    );
    let built = build::with_progress(&BuildOptions {
        colour: console::colors_enabled_stderr(),
        ..BuildOptions::release(folder)
    })?;
    output::done(&format!(
        "Built {} ({})",
        build::shown(&built.path).display(),
        output::size(built.bytes.len() as u64)
    ));
    Ok(built)
}

/// Deploys and makes the calls; whether each did what it was to do.
fn play(endpoint: &str, built: &BuiltGuest) -> anyhow::Result<bool> {
    let client = Client::new(endpoint)?;
    let settings = SettingsChange {
        timeout_seconds: Some(1),
        memory_mb: Some(128),
        ..SettingsChange::default()
    };
    let spinner = Spinner::start("Deploying hello");
    let function = deployment::deploy(&client, FUNCTION, &built.bytes, &settings, |_| ())?;
    drop(spinner);
    output::done(&format!(
        "Deployed {} with {} MB and {} s",
        function.function_name, function.memory_size, function.timeout
    ));
    let mut all_as_expected = true;
    for scene in scenes() {
        all_as_expected &= play_scene(&client, &scene)?;
    }
    Ok(all_as_expected)
}

fn play_scene(client: &Client, scene: &Scene) -> anyhow::Result<bool> {
    let spinner = Spinner::start(scene.title);
    let invoked = client.invoke(
        FUNCTION,
        &Invocation {
            payload: scene.event.to_string().into_bytes(),
            wants_log: true,
            ..Invocation::default()
        },
    )?;
    drop(spinner);
    let as_expected = (scene.expectation)(&invoked);
    output::data("");
    output::heading(scene.title);
    lines(scene, &invoked)
        .iter()
        .for_each(|line| output::data(line));
    if !as_expected {
        output::failed("That is not what this call is to answer.");
    }
    Ok(as_expected)
}

/// What went into a call and what came of it, as a person reads it.
fn lines(scene: &Scene, invoked: &Invoked) -> Vec<String> {
    let tail = invoked
        .log
        .as_deref()
        .map(LogTail::parse)
        .unwrap_or_default();
    let mut lines = vec![
        format!("  event   {}", scene.event),
        format!(
            "  {}  {}",
            answer_label(invoked),
            String::from_utf8_lossy(&invoked.payload)
        ),
    ];
    lines.extend(tail.lines.iter().map(|line| format!("  log     {line}")));
    lines.extend(tail.report.map(|cost| format!("  cost    {cost}")));
    lines
}

fn answer_label(invoked: &Invoked) -> &'static str {
    match invoked.function_error {
        Some(_) => "error ",
        None => "answer",
    }
}

fn error_type(invoked: &Invoked) -> Option<String> {
    let error: Value = serde_json::from_slice(&invoked.payload).ok()?;
    invoked.function_error.as_ref()?;
    Some(error["errorType"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoked(payload: &str, function_error: Option<&str>) -> Invoked {
        Invoked {
            status: 200,
            payload: payload.into(),
            request_id: None,
            executed_version: None,
            function_error: function_error.map(Into::into),
            log: Some("START RequestId: x Version: $LATEST\nhi\nEND RequestId: x\n".into()),
        }
    }

    #[test]
    fn each_scene_tells_its_own_outcome_from_the_others() {
        let outcomes = [
            invoked(r#"{"greeting":"Hello, World!"}"#, None),
            invoked(
                r#"{"errorType":"EmptyName","errorMessage":"x"}"#,
                Some("Unhandled"),
            ),
            invoked(
                r#"{"errorType":"Sandbox.Timedout","errorMessage":"x"}"#,
                Some("Unhandled"),
            ),
        ];
        for (index, scene) in scenes().iter().enumerate() {
            for (other, outcome) in outcomes.iter().enumerate() {
                assert_eq!(
                    (scene.expectation)(outcome),
                    index == other,
                    "{}",
                    scene.title
                );
            }
        }
    }

    #[test]
    fn a_scene_shows_event_answer_and_log() {
        let text = lines(&scenes()[0], &invoked("\"Hello\"", None)).join("\n");
        for part in [
            r#"event   {"name":"World"}"#,
            r#"answer  "Hello""#,
            "log     hi",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("START"), "{text}");
    }
}
