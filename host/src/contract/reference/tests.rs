use super::*;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function";

fn read(name: &str, qualifier: Option<&str>) -> Result<Reference, WireError> {
    Reference::parse(NameShape::Namespaced, name, qualifier, &Account::default())
}

#[track_caller]
fn asked(name: &str, qualifier: Option<&str>) -> (String, Option<String>) {
    let reference = read(name, qualifier).expect("the name is well formed");
    let function = reference.function().map(ToString::to_string);
    (
        function.unwrap_or_else(|| "impossible".into()),
        reference.qualifier.map(|qualifier| qualifier.to_string()),
    )
}

#[track_caller]
fn refused(name: &str, qualifier: Option<&str>) -> String {
    format!(
        "{:?}",
        read(name, qualifier).expect_err("the name is refused")
    )
}

#[test]
fn every_spelling_names_the_same_function() {
    for (name, qualifier) in [
        ("fn", None),
        ("fn:1", Some("1")),
        ("fn:prod", Some("prod")),
        ("fn:$LATEST", Some("$LATEST")),
        ("function:fn", None),
        ("123456789012:function:fn", None),
        ("123456789012:fn", None),
        ("us-east-1:123456789012:function:fn", None),
        (&format!("{ARN}:fn"), None),
        (&format!("{ARN}:fn:prod"), Some("prod")),
        ("arn::lambda:fn", None),
    ] {
        let expected = ("fn".to_owned(), qualifier.map(str::to_owned));
        assert_eq!(asked(name, None), expected, "{name}");
    }
}

#[test]
fn some_operations_have_no_qualifier() {
    let read = |name: &str| {
        Reference::parse(NameShape::Unqualified, name, None, &Account::default())
            .map_err(|error| format!("{error:?}"))
    };
    for name in ["fn", "function:fn", &format!("{ARN}:fn"), "arn::lambda:fn"] {
        let reference = read(name).expect("it names a function");
        assert_eq!(reference.function().map(FunctionName::as_str), Some("fn"));
    }
    for name in ["fn:1", "fn:prod", &format!("{ARN}:fn:$LATEST")] {
        let text = read(name).expect_err("it has a qualifier");
        assert!(
            text.contains("at 'functionName' failed to satisfy"),
            "{text}"
        );
    }
}

#[test]
fn the_patterns_are_taken_literally() {
    assert_eq!(asked(ARN, None).0, "function");
    assert_eq!(asked("123456789012", None).0, "123456789012");
    assert_eq!(asked("function:1", None), ("1".into(), None));
    assert_eq!(asked("my.fn", None).0, "impossible");
    assert_eq!(asked(&"a".repeat(65), None).0, "impossible");
}

#[test]
fn what_the_patterns_do_not_admit_is_named_with_the_pattern() {
    for name in [
        "my-function!",
        "*",
        "fn:1:2",
        "invalid-account:function:fn",
        "arn:aws:lambda:invalid-region:123456789012:function:fn",
        "arn:aws:lambda::123456789012:function:fn",
        "arn:aws:ec2:us-east-1:123456789012:instance:i-0",
        &format!("{ARN}:fn:$LATES"),
        "function:fn:$LATEST:extra",
    ] {
        let text = refused(name, None);
        assert!(
            text.contains("1 validation error detected: Value"),
            "{text}"
        );
        assert!(text.contains("at 'functionName' failed"), "{text}");
    }
}

#[test]
fn operations_that_change_have_a_pattern_of_their_own_for_qualifiers() {
    let read = |qualifier| {
        let read = Reference::parse(NameShape::Plain, "fn", Some(qualifier), &Account::default());
        format!("{:?}", read.expect_err("it is refused"))
    };
    let text = read("a?");
    assert!(text.contains("pattern: (|[a-zA-Z0-9$_-]+)"), "{text}");
    let text = read("");
    assert!(text.contains("1 validation error") && text.contains("equal to 1"));
}

#[test]
fn the_qualifier_comes_first_where_both_are_wrong() {
    let text = refused("fn!", Some(&"a".repeat(129)));
    assert!(text.contains("2 validation errors detected: Value 'aaa"));
    assert!(text.find("'qualifier'") < text.find("'functionName'"));
}

#[test]
fn other_regions_and_accounts_are_out_of_reach() {
    let text = refused("arn:aws:lambda:eu-west-1:123456789012:function:fn", None);
    assert!(
        text.contains("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
    );
    assert!(refused("210987654321:function:fn", None).contains("AccessDenied"));
}

#[test]
fn a_qualifier_may_be_given_twice_if_it_is_the_same() {
    assert_eq!(asked("fn:1", Some("1")).1.as_deref(), Some("1"));
    assert!(refused("fn:$LATEST", Some("1")).contains("does not match the specified"));
}

#[test]
fn a_new_name_has_at_most_64_characters_and_no_qualifier() {
    let account = Account::default();
    let read = |name: &str| Reference::parse(NameShape::Plain, name, None, &account);
    let long = read(&"a".repeat(65)).expect("the shape admits it");
    let text = format!("{:?}", long.new_name());
    assert!(text.contains("InvalidParameterValue") && text.contains("equal to 64"));
    assert!(
        read("fn:1")
            .expect("the shape admits it")
            .new_name()
            .is_err()
    );
    assert!(read(&format!("{ARN}:{}", "a".repeat(100))).is_err());
}

/// All texts of up to five parts out of `parts`, joined by colons.
fn joined(parts: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = parts.iter().map(ToString::to_string).collect();
    let mut longest = all.clone();
    for _ in 1..5 {
        longest = longest
            .iter()
            .flat_map(|text| parts.iter().map(move |part| format!("{text}:{part}")))
            .collect();
        all.extend_from_slice(&longest);
    }
    all
}

#[test]
fn what_is_read_without_the_patterns_is_what_they_say() {
    const PARTS: [&str; 9] = [
        "",
        "fn",
        "function",
        "us-east-1",
        "123456789012",
        "a.b",
        "$LATEST",
        "$LATEST.PUBLISHED",
        "b!",
    ];
    const FRONTS: [&str; 6] = [
        "",
        "arn:aws:lambda:",
        "arn::lambda:",
        "arn:aws-cn:lambda:",
        "arn:aws1:lambda:",
        "arn:aws:ec2:",
    ];
    let names = joined(&PARTS);
    for shape in [NameShape::Namespaced, NameShape::Plain] {
        let mut read = 0;
        // The patterns are slow: all names without a front, and with one only those of few parts.
        let texts = FRONTS.iter().flat_map(|front| {
            let few = if front.is_empty() { names.len() } else { 819 };
            names[..few]
                .iter()
                .map(move |name| format!("{front}{name}"))
        });
        for text in texts {
            if let Some(spelling) = shape.read(&text) {
                assert_eq!(shape.matched(&text), Some(spelling), "{text}");
                read += 1;
            }
        }
        assert!(read > 100, "{shape:?}: {read}");
    }
}

#[test]
fn the_usual_spellings_need_no_pattern() {
    for name in [
        "fn",
        "fn:1",
        "fn:prod",
        "fn:$LATEST",
        "function:fn",
        "123456789012:fn",
        "123456789012:function:fn:7",
        "us-east-1:123456789012:function:fn",
        &format!("{ARN}:fn"),
        &format!("{ARN}:fn:$LATEST"),
    ] {
        for shape in [NameShape::Namespaced, NameShape::Plain] {
            let read = shape.read(name);
            assert!(read.is_some(), "{name}");
            assert_eq!(read, shape.matched(name));
        }
    }
}

#[test]
fn regions_and_qualifiers_are_told_as_the_patterns_tell_them() {
    for region in [
        "us-east-1",
        "us-gov-west-1",
        "us-gov-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "us-isobc-east-1",
        "eusc-de-east-1",
        "eusc-1",
        "eu-sc-1",
        "us-east-10",
        "us-east-",
        "us--1",
        "us-1",
        "usa-east-1",
        "us-gov-iso-east-1",
        "US-east-1",
    ] {
        let text = format!("{region}:fn");
        let spelling = NameShape::Plain.read(&text);
        assert_eq!(spelling, NameShape::Plain.matched(&text), "{region}");
    }
    for qualifier in [
        "",
        "1",
        "$LATEST",
        "$LATEST.PUBLISHED",
        "$L.P",
        "a$",
        "a.b",
        "ü",
    ] {
        let admitted = QUALIFIER.matches(qualifier);
        assert_eq!(is_qualifier(qualifier), admitted, "{qualifier}");
        let mut violations = Violations::default();
        NameShape::Plain.check_qualifier(qualifier, &mut violations);
        let admitted = !qualifier.is_empty() && PLAIN_QUALIFIER.matches(qualifier);
        assert_eq!(violations.into_result().is_ok(), admitted, "{qualifier}");
    }
}
