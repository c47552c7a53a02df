//! What to type to do the same as the demo with a server of one's own.

use std::path::Path;

use crate::cli::build;

/// The commands, for a server at its default address.
pub(super) fn to_try(zip: &Path) -> String {
    let sparkler = program(std::env::current_exe().ok().as_deref());
    commands(&sparkler, &build::shown(zip).display().to_string())
}

/// How this program is called: an installed one by its name, one that cargo built by its place.
fn program(executable: Option<&Path>) -> String {
    let is_built_here = |path: &&Path| path.components().any(|part| part.as_os_str() == "target");
    match executable.filter(is_built_here) {
        Some(path) => build::shown(path).display().to_string(),
        None => "sparkler".into(),
    }
}

fn commands(sparkler: &str, zip: &str) -> String {
    format!(
        r#"
The same with a server of your own:
  {sparkler} serve --ephemeral

and, in another terminal, with the AWS CLI (any key does: nobody checks it):
  export AWS_ENDPOINT_URL_LAMBDA=http://127.0.0.1:9001 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
  aws lambda create-function --function-name hello --timeout 1 \
      --runtime provided.al2023 --handler bootstrap --role arn:aws:iam::123456789012:role/any \
      --zip-file fileb://{zip}
  aws lambda wait function-active-v2 --function-name hello
  echo '{{"name":"World"}}' > event.json
  aws lambda invoke --function-name hello --payload fileb://event.json \
      --log-type Tail --query LogResult --output text answer.json | base64 --decode
  cat answer.json

or with curl:
  curl -d '{{"name":"World"}}' http://127.0.0.1:9001/2015-03-31/functions/hello/invocations"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_can_be_copied_as_they_stand() {
        let text = commands("sparkler", "hello.zip");
        assert!(text.contains(r#"echo '{"name":"World"}'"#), "{text}");
        assert!(text.contains("fileb://hello.zip"), "{text}");
        assert!(text.contains("curl -d"), "{text}");
    }

    #[test]
    fn a_program_that_cargo_built_is_called_by_its_place() {
        assert_eq!(program(Some(Path::new("/usr/bin/sparkler"))), "sparkler");
        assert_eq!(
            program(Some(Path::new("/elsewhere/target/release/sparkler"))),
            "/elsewhere/target/release/sparkler"
        );
    }
}
