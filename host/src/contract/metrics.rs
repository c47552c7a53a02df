//! What runs and what was refused, in the text form that Prometheus reads.
//!
//! Only functions that have something for themselves are named, and of those as many as
//! [`METRICS_FUNCTIONS_MAX`]; how many are left out is a metric, too.

mod audit;
mod data;
mod in_account;

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;

use super::accounts::Accounts;
use super::api::Api;
use super::callers::HeldFigures;
use super::error::throttle_reason;
use super::operations::Operation;
use super::request_counts::Count;
use crate::deployer::{CompileGuest, DeployFigures};
use crate::domain::Throttle;
use crate::invoker::{
    Figures, FunctionFigures, GuestMemory, PrepareGuest, ProvisionedFigures, RunGuest,
};
use in_account::InAccount;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`
pub(super) async fn metrics<G: RunGuest + CompileGuest + PrepareGuest>(
    State(api): State<Arc<Api<G>>>,
    Extension(accounts): Extension<Arc<Accounts<G>>>,
) -> Response {
    let accounts = accounts.all();
    let accounts: Vec<_> = accounts.iter().map(|api| InAccount::of(api)).collect();
    let mut page = Page::default();
    page.accounts(&accounts);
    page.memory(api.invoker.guest_memory());
    page.functions(&accounts);
    page.provisioned(&accounts);
    page.waiting(&accounts);
    page.deploys(&api.deployer.figures());
    page.requests(&api.host.requests.all());
    page.callers(api.host.peers.figures());
    page.refusals(api.host.refusals.figures());
    page.jail(&api.host.jail);
    if let Some(figures) = api.deployer.data_figures().await {
        page.data(&figures);
    }
    ([(CONTENT_TYPE, TEXT)], page.0).into_response()
}

/// The text, as far as it is written.
#[derive(Default)]
struct Page(String);

/// The functions of all accounts that are shown.
fn functions<'a>(
    accounts: &'a [InAccount<'a>],
) -> impl Iterator<Item = (&'a InAccount<'a>, &'a FunctionFigures)> {
    let of = |account: &'a InAccount<'a>| {
        let functions = account.figures.functions.iter();
        functions.map(move |function| (account, function))
    };
    accounts.iter().flat_map(of)
}

/// The labels of a value, in their order.
type Labels<'a> = &'a [(&'a str, &'a dyn Display)];

impl Page {
    /// The whole of it, and each part.
    fn jail(&mut self, parts: &[(&'static str, bool)]) {
        const JAIL: &str = "sparkler_jail";
        self.gauge(
            JAIL,
            "Whether the jail around this process confines something: 0 where the kernel cannot, or with --no-jail.",
        );
        let is_whole = !parts.is_empty() && parts.iter().all(|(_, is_on)| *is_on);
        let whole = ("all", is_whole);
        for (part, is_on) in std::iter::once(&whole).chain(parts) {
            self.value(JAIL, &[("part", part)], u8::from(*is_on));
        }
    }

    fn accounts(&mut self, accounts: &[InAccount<'_>]) {
        self.of_each(
            accounts,
            "sparkler_invocations_running",
            "Invocations that run now.",
            |figures| figures.running,
        );
        self.of_each(
            accounts,
            "sparkler_concurrency_limit",
            "Invocations that may run at once.",
            |figures| figures.limit,
        );
        self.of_each(
            accounts,
            "sparkler_concurrency_unreserved",
            "What of the limit is set aside for no function.",
            |figures| figures.unreserved,
        );

        const THROTTLED: &str = "sparkler_invocations_throttled_total";
        self.counter(THROTTLED, "Invocations that were refused, by reason.");
        for InAccount { id, figures, .. } in accounts {
            for (throttle, count) in [
                (Throttle::Account, figures.throttled_by_account),
                (Throttle::Reserved, figures.throttled_by_reservation),
            ] {
                let labels: Labels<'_> = &[("account", id), ("reason", &throttle_reason(throttle))];
                self.value(THROTTLED, labels, count);
            }
        }

        self.of_each(
            accounts,
            "sparkler_metrics_functions_left_out",
            "Functions with a reservation that are not shown here.",
            |figures| figures.functions_left_out,
        );
    }

    /// A gauge of one value for each account.
    fn of_each<V: Display>(
        &mut self,
        accounts: &[InAccount<'_>],
        metric: &str,
        help: &str,
        value: impl Fn(&Figures) -> V,
    ) {
        self.gauge(metric, help);
        for account in accounts {
            self.value(metric, &[("account", &account.id)], value(&account.figures));
        }
    }

    fn memory(&mut self, memory: GuestMemory) {
        self.single_gauge(
            "sparkler_guest_memory_bytes",
            "Memory that sandboxes hold, idle and prepared ones included, or that the host holds for \
             them.",
            memory.held_bytes,
        );

        self.single_gauge(
            "sparkler_guest_memory_limit_bytes",
            "What they may hold together.",
            memory.limit_bytes,
        );
    }

    fn functions(&mut self, accounts: &[InAccount<'_>]) {
        const RESERVED: &str = "sparkler_function_concurrency_reserved";
        self.gauge(RESERVED, "Concurrency that is reserved for the function.");
        for (account, function) in functions(accounts) {
            if let Some(reserved) = function.reserved {
                let labels: Labels<'_> = &[("account", &account.id), ("function", &function.name)];
                self.value(RESERVED, labels, reserved);
            }
        }

        const RUNNING: &str = "sparkler_function_invocations_running";
        self.gauge(
            RUNNING,
            "Invocations that run on what is reserved or provisioned for the function.",
        );
        for (account, function) in functions(accounts) {
            let labels: Labels<'_> = &[("account", &account.id), ("function", &function.name)];
            self.value(RUNNING, labels, function.running);
        }
    }

    fn provisioned(&mut self, accounts: &[InAccount<'_>]) {
        self.configs(
            accounts,
            "sparkler_provisioned_concurrency_requested",
            "Concurrency that is asked for.",
            |_, _, config| config.requested,
        );
        self.configs(
            accounts,
            "sparkler_provisioned_concurrency_available",
            "Concurrency that is prepared.",
            |account, function, config| {
                let progress = (account.progress)(&function.name, &config.place);
                progress.allocated.into()
            },
        );
        self.configs(
            accounts,
            "sparkler_provisioned_concurrency_in_use",
            "Invocations that run on it.",
            |_, _, config| config.in_use,
        );
        const SPILLED: &str = "sparkler_provisioned_concurrency_spilled_over_total";
        self.counter(
            SPILLED,
            "Invocations that found all of it in use and ran elsewhere.",
        );
        self.config_values(accounts, SPILLED, |_, _, config| config.spilled_over);
    }

    fn waiting(&mut self, accounts: &[InAccount<'_>]) {
        const WAITING: &str = "sparkler_prepared_sandboxes_waiting";
        self.gauge(
            WAITING,
            "Prepared sandboxes of the version that wait for a call.",
        );
        for (account, function) in functions(accounts) {
            for (version, count) in (account.waiting)(&function.name) {
                let labels: Labels<'_> = &[
                    ("account", &account.id),
                    ("function", &function.name),
                    ("version", &version),
                ];
                self.value(WAITING, labels, count);
            }
        }
    }

    fn deploys(&mut self, figures: &DeployFigures) {
        const WAITING: &str = "sparkler_deploy_steps_waiting";
        self.gauge(WAITING, "Steps of deploys that wait for their turn.");
        for (stage, places) in &figures.stages {
            self.value(WAITING, &[("step", stage)], places.waiting);
        }
        const RUNNING: &str = "sparkler_deploy_steps_running";
        self.gauge(RUNNING, "Steps of deploys that run now.");
        for (stage, places) in &figures.stages {
            self.value(RUNNING, &[("step", stage)], places.served);
        }
        const AGAIN: &str = "sparkler_deploy_steps_begun_again_total";
        self.counter(
            AGAIN,
            "Steps that were ended to make place for shorter ones, and begun again.",
        );
        for (stage, places) in &figures.stages {
            self.value(AGAIN, &[("step", stage)], places.lost);
        }
        self.single_counter(
            "sparkler_deploy_steps_killed_total",
            "Steps that were begun once more, since the system had killed their process.",
            figures.killed,
        );
    }

    fn requests(&mut self, counts: &[Count]) {
        const REQUESTS: &str = "sparkler_requests_total";
        self.counter(
            REQUESTS,
            "Requests that were answered, by operation and class of status.",
        );
        for count in counts {
            let operation = count.operation.map_or("unknown", Operation::name);
            let labels: Labels<'_> = &[("operation", &operation), ("status", &count.class)];
            self.value(REQUESTS, labels, count.requests);
        }
    }

    fn callers(&mut self, figures: HeldFigures) {
        self.single_gauge(
            "sparkler_callers_held_bytes",
            "Bytes held for callers: what arrives, and answers that were not read.",
            figures.bytes,
        );

        self.single_gauge(
            "sparkler_callers_held_bytes_limit",
            "Bytes that may be held for all callers.",
            figures.bytes_max,
        );

        const REFUSED: &str = "sparkler_callers_refused_total";
        self.counter(
            REFUSED,
            "Requests and answers for which no more could be held: for their caller, or for all.",
        );
        for (reason, count) in [
            ("share", figures.refused_for_share),
            ("host", figures.refused_for_host),
        ] {
            self.value(REFUSED, &[("reason", &reason)], count);
        }

        self.single_gauge(
            "sparkler_connections",
            "Connections of callers.",
            figures.connections,
        );

        self.single_gauge(
            "sparkler_connections_limit",
            "Connections that there may be at once.",
            figures.connections_max,
        );

        self.single_counter(
            "sparkler_connections_ended_idle_total",
            "Idle connections that made room for others.",
            figures.connections_ended_idle,
        );

        self.single_counter(
            "sparkler_connections_ended_unread_total",
            "Connections that ended since their client read nothing of an answer for too long.",
            figures.connections_ended_unread,
        );

        self.single_counter(
            "sparkler_connections_refused_total",
            "Connections for which there was no room, or with which TLS could not be agreed on.",
            figures.connections_refused,
        );
    }

    fn configs(
        &mut self,
        accounts: &[InAccount<'_>],
        metric: &str,
        help: &str,
        value: impl Fn(&InAccount<'_>, &FunctionFigures, &ProvisionedFigures) -> u64,
    ) {
        self.gauge(metric, help);
        self.config_values(accounts, metric, value);
    }

    fn config_values(
        &mut self,
        accounts: &[InAccount<'_>],
        metric: &str,
        value: impl Fn(&InAccount<'_>, &FunctionFigures, &ProvisionedFigures) -> u64,
    ) {
        for (account, function) in functions(accounts) {
            for config in &function.provisioned {
                let labels: Labels<'_> = &[
                    ("account", &account.id),
                    ("function", &function.name),
                    ("qualifier", &config.place),
                ];
                self.value(metric, labels, value(account, function, config));
            }
        }
    }

    /// A gauge of one value.
    fn single_gauge(&mut self, metric: &str, help: &str, value: impl Display) {
        self.gauge(metric, help);
        self.value(metric, &[], value);
    }

    /// A counter of one value.
    fn single_counter(&mut self, metric: &str, help: &str, value: impl Display) {
        self.counter(metric, help);
        self.value(metric, &[], value);
    }

    fn gauge(&mut self, metric: &str, help: &str) {
        self.begin(metric, help, "gauge");
    }

    fn counter(&mut self, metric: &str, help: &str) {
        self.begin(metric, help, "counter");
    }

    fn begin(&mut self, metric: &str, help: &str, kind: &str) {
        self.line(format_args!(
            "# HELP {metric} {help}\n# TYPE {metric} {kind}"
        ));
    }

    /// One value. Names of functions and versions need no escaping: quotes are not in their alphabet.
    fn value(&mut self, metric: &str, labels: Labels<'_>, value: impl Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        match labels.is_empty() {
            true => self.line(format_args!("{metric} {value}")),
            false => self.line(format_args!("{metric}{{{}}} {value}", labels.join(","))),
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::provisioning::Progress;
    use crate::domain::provisioning::Status;
    use crate::domain::{FunctionName, Qualifier, VersionId};

    #[test]
    fn values_stand_below_what_they_mean() {
        let function = FunctionFigures {
            name: FunctionName::parse("greet").expect("a name"),
            reserved: Some(7),
            running: 3,
            provisioned: vec![ProvisionedFigures {
                place: Qualifier::Version(VersionId::Number(1)),
                requested: 2,
                in_use: 1,
                spilled_over: 4,
            }],
        };
        let mut page = Page::default();
        let accounts = [InAccount {
            id: "123456789012",
            figures: Figures {
                running: 5,
                limit: 10,
                unreserved: 3,
                throttled_by_account: 1,
                throttled_by_reservation: 2,
                functions: vec![function],
                functions_left_out: 0,
            },
            progress: Box::new(|_, _| Progress {
                allocated: 2,
                status: Status::Ready,
            }),
            waiting: Box::new(|_| Vec::new()),
        }];
        page.accounts(&accounts);
        page.functions(&accounts);
        page.provisioned(&accounts);
        for line in [
            "# HELP sparkler_invocations_running Invocations that run now.\n\
             # TYPE sparkler_invocations_running gauge\n\
             sparkler_invocations_running{account=\"123456789012\"} 5\n",
            "sparkler_concurrency_limit{account=\"123456789012\"} 10\n",
            "# TYPE sparkler_invocations_throttled_total counter\n",
            "sparkler_invocations_throttled_total{account=\"123456789012\",reason=\"ConcurrentInvocationLimitExceeded\"} 1\n",
            "sparkler_function_concurrency_reserved{account=\"123456789012\",function=\"greet\"} 7\n",
            "sparkler_function_invocations_running{account=\"123456789012\",function=\"greet\"} 3\n",
            "sparkler_provisioned_concurrency_requested{account=\"123456789012\",function=\"greet\",qualifier=\"1\"} 2\n",
            "sparkler_provisioned_concurrency_available{account=\"123456789012\",function=\"greet\",qualifier=\"1\"} 2\n",
            "sparkler_provisioned_concurrency_in_use{account=\"123456789012\",function=\"greet\",qualifier=\"1\"} 1\n",
            "sparkler_provisioned_concurrency_spilled_over_total{account=\"123456789012\",function=\"greet\",qualifier=\"1\"} 4\n",
        ] {
            assert!(page.0.contains(line), "{line} is not in {}", page.0);
        }
    }

    #[test]
    fn every_way_in_which_callers_are_refused_has_a_line() {
        let mut page = Page::default();
        page.callers(HeldFigures {
            bytes: 1,
            bytes_max: 2,
            refused_for_share: 3,
            refused_for_host: 4,
            connections: 5,
            connections_max: 6,
            connections_ended_idle: 7,
            connections_ended_unread: 8,
            connections_refused: 9,
        });
        for line in [
            "sparkler_callers_held_bytes 1\n",
            "sparkler_callers_held_bytes_limit 2\n",
            "sparkler_callers_refused_total{reason=\"share\"} 3\n",
            "sparkler_callers_refused_total{reason=\"host\"} 4\n",
            "sparkler_connections 5\n",
            "sparkler_connections_limit 6\n",
            "sparkler_connections_ended_idle_total 7\n",
            "sparkler_connections_ended_unread_total 8\n",
            "sparkler_connections_refused_total 9\n",
        ] {
            assert!(page.0.contains(line), "{line} is not in {}", page.0);
        }
    }
}
