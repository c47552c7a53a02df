use super::*;

#[test]
fn an_interpreter_is_there_from_when_it_was_kept_until_it_is_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let runtimes = Runtimes::in_folder(folder.path().join("runtimes"));
    let python = Language::Python;
    assert_eq!(runtimes.prepared(python).expect("readable"), None);
    let first = runtimes
        .put(python, ("3.14.0", "a"), b"first")
        .expect("kept");
    assert_eq!(
        runtimes.prepared(python).expect("readable"),
        Some(first.clone())
    );
    let second = runtimes
        .put(python, ("3.14.1", "b"), b"second")
        .expect("kept");
    assert_eq!(runtimes.prepared(python).expect("readable"), Some(second));
    let component = runtimes.component(first.component).expect("readable");
    assert_eq!(
        component.as_deref(),
        Some(&b"first"[..]),
        "functions run on it"
    );
    assert!(runtimes.has(first.component));
    assert!(runtimes.remove(python).expect("removed"));
    assert!(!runtimes.remove(python).expect("nothing is left"));
    assert_eq!(runtimes.component(first.component).expect("readable"), None);
}

#[test]
fn what_was_changed_is_not_taken_for_what_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let runtimes = Runtimes::in_folder(folder.path());
    let kept = runtimes
        .put(Language::Python, ("3", "a"), b"wasm")
        .expect("kept");
    let path = folder.path().join("python").join(file_name(kept.component));
    fs::write(path, "other").expect("written");
    assert!(runtimes.component(kept.component).is_err());
}

#[test]
fn a_host_without_a_folder_has_none() {
    let none = Runtimes::default();
    assert_eq!(none.prepared(Language::Python).expect("readable"), None);
    assert!(none.put(Language::Python, ("3", "a"), b"wasm").is_err());
}
