//! A folder in the place of queues and topics: one JSON file a message.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Undelivered;
use crate::events::message::Message;
use crate::events::record::timestamp;
use crate::events::target::Resource;

/// The folder in `folder` that stands for a resource.
pub(super) fn place(folder: &Path, resource: &Resource, arn: &str) -> Result<PathBuf, Undelivered> {
    match is_plain(resource.name()) {
        true => Ok(folder.join(resource.name())),
        false => Err(Undelivered::ForGood(format!(
            "The destination {arn} has a name that no folder can have."
        ))),
    }
}

/// Writes `FOLDER/TIMESTAMP-REQUESTID.json`. A message that is delivered twice is one file, since its
/// name does not change. Blocks.
pub(super) fn write(folder: &Path, message: &Message) -> Result<(), Undelivered> {
    try_write(folder, message).map_err(|error| {
        let folder = folder.display();
        Undelivered::ForNow(format!(
            "The folder {folder} of a destination could not be written: {error}."
        ))
    })
}

fn try_write(folder: &Path, message: &Message) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let time = timestamp(message.head.at_ms).replace(':', "-");
    let name = format!("{time}-{}", message.head.name);
    let partial = folder.join(format!(".{name}.partial"));
    let mut file = File::create(&partial)?;
    file.write_all(&content(message))?;
    file.sync_all()?;
    fs::rename(partial, folder.join(format!("{name}.json")))?;
    // The name is durable with the folder.
    File::open(folder)?.sync_all()
}

/// The record; a dead letter has attributes, so it is an object that holds both.
fn content(message: &Message) -> Vec<u8> {
    if message.head.attributes.is_empty() {
        return message.body.to_vec();
    }
    let attributes: serde_json::Map<String, Value> = message
        .head
        .attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), json!(attribute.value)))
        .collect();
    let mut text = format!("{{\"attributes\":{},\"body\":", Value::from(attributes)).into_bytes();
    text.extend_from_slice(&message.body);
    text.push(b'}');
    text
}

/// A name of one path segment that is not hidden.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && !name.starts_with('.') && name.len() <= 256 && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::message::{Attribute, Head};
    use crate::events::target::Target;

    fn message(name: &str, attributes: Vec<Attribute>) -> Message {
        Message {
            head: Head {
                target: Target::of("arn:aws:sqs:us-east-1:123456789012:q"),
                name: name.into(),
                at_ms: 0,
                attributes,
            },
            body: "{\"a\":1}".into(),
            expires_ms: 0,
        }
    }

    #[test]
    fn a_message_is_one_file_however_often_it_is_delivered() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("q");
        for _ in 0..2 {
            write(&folder, &message("id", vec![])).expect("written");
        }
        let letter = message("id-letter", vec![Attribute::number("ErrorCode", 200)]);
        write(&folder, &letter).expect("written");
        let read = |name: &str| fs::read_to_string(folder.join(name));
        let record = read("1970-01-01T00-00-00.000Z-id.json").expect("a file");
        assert_eq!(record, "{\"a\":1}");
        let letter = read("1970-01-01T00-00-00.000Z-id-letter.json").expect("a file");
        let expected = "{\"attributes\":{\"ErrorCode\":\"200\"},\"body\":{\"a\":1}}";
        assert_eq!(letter, expected);
        let files = fs::read_dir(&folder).expect("a folder");
        assert_eq!(files.count(), 2, "nothing is left behind");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["..", ".hidden", "", "a\0b", "a b"] {
            let target = Target::of(&format!("arn:aws:sqs:us-east-1:123456789012:{name}"));
            let resource = target.resource().expect("an ARN");
            let place = place(Path::new("/"), resource, target.arn());
            assert!(matches!(place, Err(Undelivered::ForGood(_))), "{name:?}");
        }
    }
}
