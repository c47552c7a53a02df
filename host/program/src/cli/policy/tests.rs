use super::*;

fn test(identity: &str, context: &[&str]) -> Test {
    Test {
        identity: Vec::new(),
        preset: vec![Preset::Invoke],
        boundary: None,
        session: Vec::new(),
        resource_policy: None,
        principal: identity.into(),
        action: "lambda:InvokeFunction".into(),
        resource: "arn:aws:lambda:us-east-1:123456789012:function:f".into(),
        context: context.iter().map(|pair| (*pair).to_owned()).collect(),
        json: true,
    }
}

const USER: &str = "arn:aws:iam::123456789012:user/u";

#[test]
fn the_exit_code_is_the_decision() {
    assert_eq!(
        test(USER, &[]).run().expect("understood"),
        ExitCode::SUCCESS
    );
    let other = USER.replace("123456789012", "210987654321");
    assert_eq!(
        test(&other, &[]).run().expect("understood"),
        ExitCode::FAILURE
    );
    let wrong = test("somebody", &[]);
    let wrong = Policy {
        action: Action::Test(wrong),
    };
    assert_eq!(wrong.run().expect("told"), ExitCode::from(NOT_UNDERSTOOD));
}

#[test]
fn what_cannot_be_understood_is_refused_with_what_can() {
    let refused = |test: Test| test.run().expect_err("it is wrong").to_string();
    assert!(refused(test("somebody", &[])).contains("or anonymous"));
    assert!(refused(test("arn:aws:iam::1:user/u", &[])).contains("is no identity"));
    assert!(refused(test(USER, &["aws:SourceIp"])).contains("has no value"));
    assert!(refused(test(USER, &["aws:SourceIpp=1"])).contains("slip in its spelling"));
    assert!(refused(test(USER, &["aws:username=x"])).contains("follows from"));
    let action = Test {
        action: "lambda:*".into(),
        ..test(USER, &[])
    };
    assert!(refused(action).contains("without *"));
    let resource = Test {
        resource: "f".into(),
        ..test(USER, &[])
    };
    assert!(refused(resource).contains("'f' is no resource"));
    let missing = Test {
        boundary: Some("/nowhere/x.json".into()),
        ..test(USER, &[])
    };
    assert!(refused(missing).contains("/nowhere/x.json"));
}
