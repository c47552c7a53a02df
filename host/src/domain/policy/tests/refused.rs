//! What is no policy is refused with the place and the way out.

use super::*;

const WHOLE: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

#[track_caller]
fn assert_refused(text: &str, wrong: &[&str]) {
    let refused = Document::identity(text)
        .expect_err("it is no policy")
        .to_string();
    for part in wrong {
        assert!(refused.contains(part), "{part} is not in {refused}");
    }
}

#[track_caller]
fn assert_statement_refused(statement: &str, wrong: &[&str]) {
    assert_refused(
        &format!(r#"{{"Version": "2012-10-17", "Statement": [{WHOLE}, {statement}]}}"#),
        wrong,
    );
}

#[test]
fn what_is_no_document() {
    assert_refused("", &["The policy: it cannot be read as JSON"]);
    assert_refused(
        "[]",
        &["has to be an object with the members Version and Statement"],
    );
    assert_refused(
        "{}",
        &["Statement: has to be a statement or a list of them"],
    );
    assert_refused(r#"{"Statement": []}"#, &["not empty"]);
    assert_refused(
        r#"{"statement": []}"#,
        &["no member 'statement': write it 'Statement'"],
    );
    assert_refused(
        r#"{"Statements": []}"#,
        &["what is known is Version, Id, Statement"],
    );
    assert_refused(
        r#"{"Version": "2026-01-01", "Statement": []}"#,
        &["2012-10-17"],
    );
    assert_refused(r#"{"Id": 1, "Statement": []}"#, &["Statement: has to be"]);
    assert_refused(
        r#"{"Id": 1, "Statement": {"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        &["Id: has to be a text"],
    );
    assert_refused(
        r#"{"Statement": 1, "Statement": 2}"#,
        &["two members called 'Statement'"],
    );
    assert_refused(&" ".repeat(30_000), &["30000 bytes, and may have 20480"]);
    assert_refused(&"[".repeat(20_000), &["cannot be read as JSON"]);
    let twice = r#"{"Sid": "a", "Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    assert_refused(
        &format!(r#"{{"Statement": [{twice}, {twice}]}}"#),
        &["Statement[1].Sid: 'a' is the id of another statement"],
    );
}

#[test]
fn what_is_no_statement() {
    assert_statement_refused("1", &["Statement[1]: has to be an object"]);
    assert_statement_refused(
        r#"{"Effect": "Allow", "Actions": "*"}"#,
        &["no member 'Actions'", "NotAction"],
    );
    assert_statement_refused(r#"{"effect": "Allow"}"#, &["write it 'Effect'"]);
    assert_statement_refused(
        r#"{"Effect": "allow"}"#,
        &[r#"Statement[1].Effect: has to be "Allow" or "Deny""#],
    );
    assert_statement_refused(
        r#"{"Effect": "Allow", "Resource": "*"}"#,
        &["write one of Action and NotAction"],
    );
    assert_statement_refused(
        r#"{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}"#,
        &["write one of Action and NotAction"],
    );
    assert_statement_refused(
        r#"{"Effect": "Allow", "Action": "*"}"#,
        &["write one of Resource and NotResource"],
    );
    for action in [
        r#""Invoke""#,
        r#""lambda:""#,
        r#""lambda:Get Function""#,
        r#""a:b:c""#,
    ] {
        let statement = format!(r#"{{"Effect": "Allow", "Action": [{action}], "Resource": "*"}}"#);
        assert_statement_refused(&statement, &["Statement[1].Action: ", "is no action"]);
    }
    for action in ["[]", "1", r#"["*", 1]"#, "{}", "null"] {
        let statement = format!(r#"{{"Effect": "Allow", "Action": {action}, "Resource": "*"}}"#);
        assert_statement_refused(&statement, &["has to be a text or a list of texts"]);
    }
    assert_statement_refused(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "fn"}"#,
        &["'fn' is no resource"],
    );
    assert_statement_refused(
        r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}"#,
        &["leave Principal and NotPrincipal out"],
    );
    assert_statement_refused(
        r#"{"Sid": "a\nb", "Effect": "Allow", "Action": "*", "Resource": "*"}"#,
        &["Statement[1].Sid: has to be a text in one line"],
    );
}

#[test]
fn what_is_no_condition() {
    let refused = |condition: &str, wrong: &[&str]| {
        let statement = format!(
            r#"{{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {condition}}}"#
        );
        assert_statement_refused(&statement, wrong);
    };
    refused("[]", &["Statement[1].Condition: has to be an object"]);
    refused(r#"{"StringIs": {}}"#, &["no condition operator 'StringIs'"]);
    refused(
        r#"{"StringEquals": "a"}"#,
        &["Condition.StringEquals: has to be an object"],
    );
    refused(
        r#"{"StringEquals": {"aws:User": "a"}}"#,
        &["Condition.StringEquals.aws:User: ", "slip in its spelling"],
    );
    refused(
        r#"{"StringEquals": {"User": "a"}}"#,
        &["'User' is no condition key"],
    );
    refused(r#"{"StringEquals": {"aws:userid": []}}"#, &["not empty"]);
    refused(
        r#"{"StringEquals": {"aws:userid": {}}}"#,
        &["has to be a text, a number"],
    );
    refused(
        r#"{"StringEquals": {"aws:userid": "${aws:x}"}}"#,
        &["'aws:x' is not known"],
    );
    refused(
        r#"{"StringEquals": {"aws:userid": "a"}, "StringEquals": {}}"#,
        &["two members"],
    );
    refused(
        r#"{"NumericEquals": {"aws:userid": "one"}}"#,
        &["'one' is not a number"],
    );
    refused(
        r#"{"NumericEquals": {"aws:userid": "inf"}}"#,
        &["'inf' is not a number"],
    );
    refused(
        r#"{"DateLessThan": {"aws:CurrentTime": "today"}}"#,
        &["'today' is not a time"],
    );
    refused(
        r#"{"Bool": {"aws:SecureTransport": "yes"}}"#,
        &["'yes' is not true or false"],
    );
    refused(
        r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/40"}}"#,
        &["more than 32 bits"],
    );
    refused(
        r#"{"IpAddress": {"aws:SourceIp": "10.0.0.1/8"}}"#,
        &["10.0.0.0/8 does"],
    );
    refused(
        r#"{"IpAddress": {"aws:SourceIp": "home"}}"#,
        &["'home' has no address in it"],
    );
    refused(
        r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:bucket"}}"#,
        &["has six parts"],
    );
    refused(
        r#"{"NullIfExists": {"aws:userid": "true"}}"#,
        &["asks itself"],
    );
}

#[test]
fn what_is_no_principal() {
    let refused = |principal: &str, wrong: &str| {
        let text = format!(
            r#"{{"Statement": {{"Effect": "Allow", {principal} "Action": "*", "Resource": "*"}}}}"#
        );
        let refused = Document::resource(&text)
            .expect_err("it is no policy")
            .to_string();
        assert!(refused.contains(wrong), "{wrong} is not in {refused}");
    };
    refused("", "write one of Principal and NotPrincipal");
    refused(r#""Principal": "*", "NotPrincipal": "*","#, "write one of");
    refused(
        r#""NotPrincipal": {"AWS": "123456789012"},"#,
        "goes only with",
    );
    refused(
        r#""Principal": "123456789012","#,
        "has to be \"*\", or an object",
    );
    refused(r#""Principal": {},"#, "has to be \"*\", or an object");
    refused(
        r#""Principal": {"AWS": []},"#,
        "Statement[0].Principal.AWS: has to be a text",
    );
    refused(
        r#""Principal": {"AWS": "1234"},"#,
        "'1234' is no principal: write an account",
    );
    refused(
        r#""Principal": {"AWS": "arn:aws:iam::123456789012:user/*"},"#,
        "would be nobody's",
    );
    refused(
        r#""Principal": {"Service": "s3"},"#,
        "write the name of a service",
    );
    refused(
        r#""Principal": {"Federated": "x"},"#,
        "write AWS or Service",
    );
}
