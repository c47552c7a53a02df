use super::*;
use crate::domain::origin::{Host, Scheme};

fn rules(text: &str) -> AllowHttp {
    AllowHttp::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn origin(text: &str) -> Origin {
    let (scheme, rest) = text.split_once("://").expect("a scheme");
    let scheme = Scheme::parse(scheme).expect("http or https");
    let host_end = rest.find(']').map_or(0, |at| at + 1);
    let (host, port) = match rest[host_end..].split_once(':') {
        Some((more, port)) => (
            &rest[..host_end + more.len()],
            port.parse().expect("a port"),
        ),
        None => (rest, scheme.default_port()),
    };
    let host = Host::parse(host).expect("a host");
    Origin { scheme, host, port }
}

#[test]
fn a_rule_allows_its_scheme_host_and_port_and_nothing_else() {
    for (rule, allowed, denied) in [
        (
            "https://api.example.com",
            &["https://api.example.com", "https://API.EXAMPLE.COM."][..],
            &[
                "http://api.example.com",
                "https://api.example.com:8443",
                "https://example.com",
                "https://x.api.example.com",
                "https://api.example.com.evil.example",
            ][..],
        ),
        (
            "http://api.example.com:8080",
            &["http://api.example.com:8080"],
            &["http://api.example.com", "https://api.example.com:8080"],
        ),
        (
            "https://api.example.com:*",
            &["https://api.example.com", "https://api.example.com:1"],
            &["http://api.example.com"],
        ),
        (
            "*://api.example.com",
            &["https://api.example.com", "http://api.example.com"],
            &["http://api.example.com:443", "https://api.example.com:80"],
        ),
        (
            "https://*.example.com",
            &["https://a.example.com", "https://a.b.example.com"],
            &[
                "https://example.com",
                "https://badexample.com",
                "https://example.com.evil.example",
                "https://192.0.2.1",
            ],
        ),
        (
            "http://*",
            &[
                "http://anything.example",
                "http://localhost",
                "http://1.1.1.1",
            ],
            &["https://anything.example", "http://anything.example:81"],
        ),
        (
            "*://*:*",
            &["https://a.example:1", "http://[2600::1]:65535"],
            &[],
        ),
        (
            "http://127.0.0.1:8080",
            &[
                "http://127.0.0.1:8080",
                "http://127.1:8080",
                "http://[::ffff:127.0.0.1]:8080",
            ],
            &[
                "http://127.0.0.2:8080",
                "http://127.0.0.1",
                "http://localhost:8080",
            ],
        ),
        (
            "http://10.0.0.0/8:*",
            &["http://10.0.0.1", "http://10.255.255.255:9"],
            &["http://11.0.0.0", "http://db.internal", "http://[::1]"],
        ),
        (
            "http://0.0.0.0/0",
            &["http://1.1.1.1", "http://255.0.0.1"],
            &["http://[::1]"],
        ),
        (
            "HTTP://[FD00::]/8:80",
            &["http://[fd12::1]"],
            &["http://[fe00::1]", "https://[fd12::1]"],
        ),
        (
            "http://[::1]:3000",
            &["http://[::1]:3000"],
            &["http://[::2]:3000"],
        ),
    ] {
        let rules = rules(rule);
        for text in allowed {
            assert!(rules.allows(&origin(text)), "{rule} denies {text}");
        }
        for text in denied {
            assert!(!rules.allows(&origin(text)), "{rule} allows {text}");
        }
    }
}

#[test]
fn rules_stand_apart_by_commas_and_blanks() {
    let rules = rules(" https://a.example,http://b.example\n\thttps://c.example , ");
    let listed: Vec<_> = rules.rules().collect();
    assert_eq!(
        listed,
        ["https://a.example", "http://b.example", "https://c.example"]
    );
    assert_eq!(AllowHttp::parse(" , "), Ok(AllowHttp::default()));
    assert!(!AllowHttp::default().allows(&origin("https://a.example")));
}

#[test]
fn what_is_no_rule_is_named_with_what_is_wrong() {
    for (text, problem) in [
        ("api.example.com", "has no scheme"),
        ("ftp://a.example", "has the scheme ftp"),
        ("https://", "has no host"),
        ("https://a.example/path", "has a path"),
        ("https://a.example/", "has a path"),
        ("https://*/8", "has a path"),
        ("https://a.example/8", "has a path"),
        ("https://10.0.0.0/x", "has a path"),
        ("https://10.0.0.0/", "has a network of more than 32 bits"),
        ("https://10.0.0.0/33", "has a network of more than 32 bits"),
        (
            "https://[fd00::]/129",
            "has a network of more than 128 bits",
        ),
        ("https://10.0.0.1/8", "10.0.0.0/8 does"),
        ("https://[fd00::1]/8", "fd00::/8 does"),
        ("https://a.example:0", "has the port '0'"),
        ("https://a.example:", "has the port ''"),
        ("https://a.example:+1", "has the port '+1'"),
        ("https://a.example:65536", "has the port '65536'"),
        ("https://a.*.example", "* stands alone"),
        ("https://*.*.example", "* stands alone"),
        ("https://*.1.2.3.4", "* stands alone"),
        ("https://::1", "stands in brackets"),
        ("https://[::1", "not closed"),
        ("https://[::1]x", "goes on after its host"),
        ("https://user@a.example", "has a user"),
        ("https://bücher.example", "punycode"),
        ("https://1.2.3.4.5", "neither a name nor an address"),
    ] {
        let list = format!("https://fine.example, {text}");
        let error = AllowHttp::parse(&list).expect_err(text).to_string();
        assert!(error.contains(&format!("'{text}'")), "{text}: {error}");
        assert!(error.contains(problem), "{text}: {error}");
        assert!(error.contains("such as https://api.example.com"), "{error}");
    }
    let many = "https://a.example ".repeat(RULES_MAX + 1);
    assert!(AllowHttp::parse(&many).is_err());
}

#[test]
fn an_address_that_is_not_public_is_allowed_by_its_address_only() {
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let local = origin("http://localhost:8080");
    let loopback = address("127.0.0.1");
    for (list, allowed) in [
        ("http://localhost:8080", false),
        ("*://*:*", false),
        ("http://localhost:8080 http://127.0.0.1:8080", true),
        ("http://localhost:8080 http://127.0.0.0/8:*", true),
        ("http://localhost:8080 http://127.0.0.1:8081", false),
        ("http://localhost:8080 https://127.0.0.1:8080", false),
        ("http://localhost:8080 http://[::1]:8080", false),
    ] {
        let checked = rules(list).check_address(&local, loopback);
        let expected = match allowed {
            true => Ok(()),
            false => Err(AddressKind::Loopback),
        };
        assert_eq!(checked, expected, "{list}");
        let mapped = rules(list).check_address(&local, address("::ffff:127.0.0.1"));
        assert_eq!(mapped, expected, "{list}");
    }
    assert_eq!(rules("").check_address(&local, address("1.1.1.1")), Ok(()));
}

#[test]
fn a_metadata_service_is_allowed_by_its_own_address_and_by_no_network() {
    let metadata = origin("http://169.254.169.254");
    let address = "169.254.169.254".parse().expect("an address");
    let network = rules("http://169.254.0.0/16").check_address(&metadata, address);
    assert_eq!(network, Err(AddressKind::Metadata));
    let single = rules("http://169.254.169.254").check_address(&metadata, address);
    assert_eq!(single, Ok(()));
}
