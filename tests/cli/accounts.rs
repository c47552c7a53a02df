//! One server with a hundred accounts, whose functions, logs, events and addresses have the same names: nothing of one
//! is seen in another, neither while all of them call at once nor after a restart.

use std::net::SocketAddr;
use std::thread;

use serde_json::{Value, json};
use sparkler_tests::certificates::put;
use sparkler_tests::key::Key;
use sparkler_tests::lambda::NewFunction;
use sparkler_tests::{Reply, Request, Server, guests};

use crate::Workbench;

const ACCOUNTS: u64 = 100;
const FUNCTIONS: &str = "/2015-03-31/functions";
/// The one function that each of them has.
const NAME: &str = "same";

/// An account, and the key of its one user.
struct Account {
    id: String,
    key: Key,
}

impl Account {
    fn of(number: u64) -> Self {
        Self {
            // The first is the host's own.
            id: (123_456_789_012 + number).to_string(),
            key: Key {
                id: format!("SPKLACCOUNT{number:09}"),
                secret: format!("the-secret-of-account-{number:018}"),
            },
        }
    }

    fn in_file(&self) -> String {
        let Self { id, key } = self;
        format!(
            "[account.{id}.user.admin]\npolicy = [\"admin\", \"operator\"]\n\
             [[account.{id}.user.admin.key]]\nid = \"{}\"\nsecret = \"{}\"\n",
            key.id, key.secret
        )
    }

    fn ask(&self, server: SocketAddr, request: Request) -> Reply {
        request.signed(&self.key, "lambda", server).send(server)
    }

    fn get(&self, server: SocketAddr, target: &str) -> Reply {
        self.ask(server, Request::new("GET", target))
    }

    fn invoke(&self, server: SocketAddr, event: &Value) -> Reply {
        let target = format!("{FUNCTIONS}/{NAME}/invocations");
        let request = Request::new("POST", target).body(event.to_string());
        self.ask(server, request)
    }

    fn logs(&self, server: SocketAddr) -> String {
        let body = json!({"logGroupName": format!("/aws/lambda/{NAME}")});
        let request = Request::new("POST", "/")
            .header("X-Amz-Target", "Logs_20140328.FilterLogEvents")
            .body(body.to_string());
        let signed = request.signed(&self.key, "logs", server);
        signed.send(server).text().to_owned()
    }

    /// Makes its function, whose sandboxes are reused, and which says whose it is.
    fn deploy(&self, server: SocketAddr) {
        let mut function = NewFunction::new(NAME, guests::behaviours());
        let mut variable = |name: &str, value: &str| {
            function.environment.insert(name.into(), value.into());
        };
        variable("OWNER", &self.id);
        variable("SPARKLER_REUSE", "100");
        let request = Request::new("POST", FUNCTIONS).body(function.request().to_string());
        let made = self.ask(server, request);
        assert_eq!(made.status, 201, "{made:?}");
        let path = format!("{FUNCTIONS}/{NAME}/configuration");
        while self.get(server, &path).json()["State"] != "Active" {}
    }

    /// Calls its function, and looks at all that there is of it.
    fn sees_its_own_alone(&self, server: SocketAddr) {
        let said = self.invoke(server, &json!({"do": "environment"}));
        assert_eq!(said.json()["OWNER"], self.id, "{said:?}");
        let said = self.invoke(
            server,
            &json!({"do": "murmur", "text": format!("I am {}", self.id)}),
        );
        assert_eq!(said.status, 200, "{said:?}");
        let listed = self.get(server, FUNCTIONS).json();
        let functions = listed["Functions"].as_array().expect("a list");
        assert_eq!(functions.len(), 1, "{listed}");
        let arn = format!("arn:aws:lambda:us-east-1:{}:function:{NAME}", self.id);
        assert_eq!(functions[0]["FunctionArn"], arn);
        let usage = self.get(server, "/2016-08-19/account-settings");
        assert_eq!(
            usage.json()["AccountUsage"]["FunctionCount"],
            1,
            "{usage:?}"
        );
        let (logs, own) = (self.logs(server), format!("I am {}", self.id));
        assert!(logs.contains(&own), "{logs}");
        let others = logs.matches("I am ").count() - logs.matches(&own).count();
        assert_eq!(others, 0, "{logs}");
    }
}

/// Puts a file of keys where it belongs, or in the place of the one that is there, and gives its path.
fn keys(bench: &Workbench, text: &str) -> String {
    put(&bench.path("keys.toml"), text, 0o600);
    bench.text("keys.toml")
}

fn all_at_once(accounts: &[Account], work: impl Fn(&Account) + Sync) {
    thread::scope(|scope| {
        for some in accounts.chunks(accounts.len().div_ceil(8)) {
            scope.spawn(|| some.iter().for_each(&work));
        }
    });
}

#[test]
fn a_hundred_accounts_see_nothing_of_each_other() {
    let bench = Workbench::new();
    let accounts: Vec<_> = (0..ACCOUNTS).map(Account::of).collect();
    let text: String = accounts.iter().map(Account::in_file).collect();
    let keys = keys(&bench, &text);
    let data = bench.text("data");
    let start = || Server::start(["--data-dir", &data, "--keys", &keys]);

    let server = start();
    all_at_once(&accounts, |account| account.deploy(server.address));
    all_at_once(&accounts, |account| {
        account.sees_its_own_alone(server.address)
    });
    for (one, other) in [(1, 2), (2, 0), (0, 1)] {
        let (one, other) = (&accounts[one], &accounts[other]);
        let arn = format!(
            "arn%3Aaws%3Alambda%3Aus-east-1%3A{}%3Afunction%3A{NAME}",
            other.id
        );
        let refused = one.get(server.address, &format!("{FUNCTIONS}/{arn}"));
        assert_eq!(refused.refusal(), (403, "AccessDeniedException"));
    }
    // Only the host's own account sees to the host.
    assert_eq!(accounts[0].get(server.address, "/metrics").status, 200);
    assert_eq!(accounts[1].get(server.address, "/metrics").status, 403);
    assert!(server.stop().success());

    let server = start();
    all_at_once(&accounts, |account| {
        account.sees_its_own_alone(server.address)
    });
    let delete = Request::new("DELETE", format!("{FUNCTIONS}/{NAME}"));
    assert_eq!(accounts[1].ask(server.address, delete).status, 204);
    accounts[0].sees_its_own_alone(server.address);
    accounts[2].sees_its_own_alone(server.address);
}

#[test]
fn quotas_hold_and_change_while_a_server_runs_and_accounts_come() {
    let bench = Workbench::new();
    let [own, small, late] = [0, 1, 2].map(Account::of);
    let quota = |members: &str| format!("[account.{}.quota]\n{members}\n", small.id);
    let known = own.in_file() + &small.in_file();
    let first = quota("functions = 1\nevents = 0\nconcurrency = 0");
    let file = keys(&bench, &(known.clone() + &first));
    let server = Server::start(["--ephemeral", "--keys", &file]);
    let address = server.address;
    small.deploy(address);
    let another = NewFunction::new("another", guests::echo())
        .request()
        .to_string();
    let another = || Request::new("POST", FUNCTIONS).body(another.clone());
    let refused = small.ask(address, another());
    assert_eq!(refused.refusal(), (400, "CodeStorageExceededException"));
    assert!(refused.text().contains("its quota is 1"), "{refused:?}");
    let invoke = || small.invoke(address, &json!({"do": "context"}));
    assert_eq!(invoke().refusal(), (429, "TooManyRequestsException"));
    let event = || {
        let target = format!("{FUNCTIONS}/{NAME}/invoke-async");
        let target = target.replace("2015-03-31", "2014-11-13") + "/";
        small.ask(
            address,
            Request::new("POST", target).body("{\"do\":\"context\"}"),
        )
    };
    let refused = event();
    assert_eq!(refused.refusal(), (429, "TooManyRequestsException"));
    assert!(refused.text().contains("its quota is 0"), "{refused:?}");
    let settings = small.get(address, "/2016-08-19/account-settings").json();
    assert_eq!(
        settings["AccountLimit"]["ConcurrentExecutions"], 0,
        "{settings}"
    );
    own.deploy(address);

    let more = quota("functions = 2\nrequests = { per_second = 1000, burst = 1000 }");
    keys(&bench, &(known.clone() + &more + &late.in_file()));
    while invoke().status != 200 {}
    assert_eq!(event().status, 202);
    assert_eq!(small.ask(address, another()).status, 201);
    late.deploy(address);
    late.sees_its_own_alone(address);

    let slow = quota("requests = { per_second = 0.001, burst = 3 }");
    keys(&bench, &(known + &slow));
    while invoke().status == 200 {}
    let refused = invoke();
    assert_eq!(refused.refusal(), (429, "TooManyRequestsException"));
    assert_eq!(own.get(address, FUNCTIONS).status, 200);
    let gone = late.get(address, FUNCTIONS);
    assert_eq!(gone.refusal(), (403, "UnrecognizedClientException"));
}

/// Nobody signs for it any more, but its addresses answer.
#[test]
fn what_an_account_leaves_behind_runs_within_a_share_whether_the_server_was_restarted_or_not() {
    let bench = Workbench::new();
    let [own, gone] = [0, 1].map(Account::of);
    let quota = format!("[account.{}.quota]\nconcurrency = 30\n", gone.id);
    let with_it = own.in_file() + &gone.in_file() + &quota;
    let file = keys(&bench, &with_it);
    let data = bench.text("data");
    let start = || Server::start(["--data-dir", &data, "--keys", &file, "--concurrency", "80"]);
    let bound = |server: &Server| {
        let metrics = own.get(server.address, "/metrics");
        let of = format!("sparkler_concurrency_limit{{account=\"{}\"}} ", gone.id);
        let line = metrics.text().lines().find_map(|line| {
            let bound = line.strip_prefix(&of)?;
            Some(bound.to_owned())
        });
        line.unwrap_or_else(|| panic!("{}", metrics.text()))
    };

    let server = start();
    gone.deploy(server.address);
    assert_eq!(bound(&server), "30");
    keys(&bench, &own.in_file());
    while gone.get(server.address, FUNCTIONS).status != 403 {}
    assert_eq!(bound(&server), "10");
    assert!(server.stop().success());

    let server = start();
    assert_eq!(bound(&server), "10");
    keys(&bench, &with_it);
    while gone.get(server.address, FUNCTIONS).status != 200 {}
    assert_eq!(bound(&server), "30");
}
