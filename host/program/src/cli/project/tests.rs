use sparkler::FunctionName;
use sparkler::internals::{Environment, LogFormat, Logging, Settings, SettingsChange};

use super::*;

fn parsed(text: &str) -> Result<Vec<Function>, ProjectError> {
    parse(Path::new("/p/sparkler.toml"), Path::new("/p"), text)
}

#[track_caller]
fn refusal(text: &str) -> String {
    parsed(text).unwrap_err().to_string()
}

#[test]
fn a_function_that_says_nothing_is_the_folder_itself_with_lambdas_defaults() {
    let functions = parsed("[functions.hello]\n").unwrap();
    assert_eq!(functions[0].name.as_str(), "hello");
    assert_eq!(functions[0].code, CodeSource::Folder("/p".into()));
    let settings = functions[0].settings.as_ref().unwrap();
    assert_eq!(settings.memory_mb, Some(128));
    assert_eq!(settings.timeout_seconds, Some(3));
    let name = FunctionName::parse("hello").unwrap();
    let mut applied = Settings::for_component(&name);
    settings.clone().apply(&mut applied).unwrap();
    applied.environment = None;
    assert_eq!(applied, Settings::for_component(&name));
}

#[test]
fn all_settings_are_read_and_paths_are_the_folders() {
    let functions = parsed(
        r#"
        [functions.a]
        file = "out/a.zip"
        description = "Greets"
        memory = 256
        timeout = 30
        handler = "a.handler"
        runtime = "provided.al2"
        log-format = "JSON"
        ephemeral-storage = 1024
        [functions.a.environment]
        GREETING = "Hi"
        [functions.b]
        source = "b"
        "#,
    )
    .unwrap();
    assert_eq!(functions[0].code, CodeSource::File("/p/out/a.zip".into()));
    assert_eq!(functions[1].code, CodeSource::Folder("/p/b".into()));
    let settings = functions[0].settings.as_ref().unwrap();
    assert_eq!(
        *settings,
        SettingsChange {
            description: Some("Greets".into()),
            memory_mb: Some(256),
            timeout_seconds: Some(30),
            environment: Some(Environment(
                [("GREETING".to_owned(), "Hi".to_owned())].into()
            )),
            handler: Some("a.handler".into()),
            runtime: Some("provided.al2".into()),
            logging: Logging::of(&functions[0].name, LogFormat::Json).into(),
            ephemeral_storage_mb: Some(1024),
            ..SettingsChange::default()
        }
    );
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_known_ones() {
    let text = refusal("[functions.a]\nmemory = 128\nmemry = 1\n");
    for part in ["/p/sparkler.toml", "line 3", "memry", "timeout"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(refusal("[function.a]\n").contains("line 1"));
}

#[test]
fn a_value_out_of_range_is_named_with_its_line_and_the_range() {
    assert_eq!(
        refusal("[functions.a]\n\nmemory = 64\n"),
        "/p/sparkler.toml:3: memory is 64; it is 128 to 10240 MB."
    );
    assert_eq!(
        refusal("[functions.a]\ntimeout = 901\n"),
        "/p/sparkler.toml:2: timeout is 901; it is 1 to 900 seconds."
    );
}

#[test]
fn a_format_that_logs_do_not_have_is_named_with_those_that_they_have() {
    assert_eq!(
        refusal("[functions.a]\nlog-format = \"json\"\n"),
        "/p/sparkler.toml:2: log-format is 'json'; it is JSON or Text."
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_its_line() {
    let text = refusal("[functions.a]\ntimeout = \"3s\"\n");
    assert!(text.contains("line 2") && text.contains("3s"), "{text}");
}

#[test]
fn names_that_cannot_be_are_refused_with_their_line() {
    let text = refusal("[functions.a]\n[functions.\"a.b\"]\n");
    assert!(text.starts_with("/p/sparkler.toml:2: 'a.b'"), "{text}");
    let text = refusal("[functions.a]\nenvironment = { \"1A\" = \"x\" }\n");
    assert!(text.starts_with("/p/sparkler.toml:2: '1A'"), "{text}");
    let text = refusal("[functions.a]\nenvironment = { AWS_REGION = \"x\" }\n");
    assert!(text.contains("AWS_REGION is set by the host"), "{text}");
}

#[test]
fn a_runtime_that_aws_does_not_have_is_refused_with_its_line() {
    let text = refusal("[functions.a]\nruntime = \"cobol\"\n");
    assert!(
        text.contains(":2: runtime is 'cobol', which is no"),
        "{text}"
    );
    assert!(text.contains("provided.al2023"), "{text}");
    let text = refusal("[functions.a]\nruntime = \"go1.x\"\n");
    assert!(text.contains("not support any more"), "{text}");
}

#[test]
fn an_environment_has_a_bound() {
    let value = "x".repeat(4096);
    let text = refusal(&format!(
        "[functions.a]\nenvironment = {{ NAME = \"{value}\" }}\n"
    ));
    assert!(text.contains("may be 4096"), "{text}");
}

#[test]
fn rules_for_http_requests_become_the_variable_that_says_the_same() {
    let functions = parsed(
        r#"
        [functions.a]
        allow-http = ["https://a.example", "http://127.0.0.1:8080"]
        environment = { GREETING = "Hi" }
        "#,
    )
    .unwrap();
    let settings = functions[0].settings.as_ref().unwrap();
    let environment = &settings.environment.as_ref().unwrap().0;
    assert_eq!(
        environment["SPARKLER_ALLOW_HTTP"],
        "https://a.example,http://127.0.0.1:8080"
    );
    assert_eq!(environment["GREETING"], "Hi");
    let text = refusal("[functions.a]\nallow-http = [\"a.example\"]\n");
    assert!(
        text.starts_with("/p/sparkler.toml:2: ")
            && text.contains("'a.example', which has no scheme"),
        "{text}"
    );
    let text = refusal(
        "[functions.a]\nallow-http = []\nenvironment = { SPARKLER_ALLOW_HTTP = \"http://*\" }\n",
    );
    assert!(text.contains("and in `environment` too"), "{text}");
}

#[test]
fn code_comes_from_one_place() {
    let text = refusal("[functions.a]\nfile = \"a.wasm\"\nsource = \".\"\n");
    assert!(
        text.contains(":2: `file` and `source` exclude each other"),
        "{text}"
    );
}

#[test]
fn a_file_without_functions_says_how_to_name_one() {
    assert!(refusal("").contains("[functions.hello]"));
}
