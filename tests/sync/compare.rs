//! `plan` and `check`.

use std::fs;

use stackgen::bundle::{Bundle, File};
use stackgen::sync::{Options, Plan, Record, apply, check, plan};

use super::support::{Fixture, GENTLE, bundle, current, picture, strings};

#[test]
fn an_absent_folder_is_all_new_and_stays_absent() {
    let fixture = Fixture::new();
    let found = fixture.plan(&[("a", "1"), ("b/c", "2")]);
    assert_eq!(found, Plan { created: strings(&["a", "b/c"]), ..Plan::default() });
    assert!(!found.is_clean());
    assert!(!fixture.root.exists());
}

#[test]
fn every_file_is_in_the_list_that_it_belongs_to() {
    let fixture = Fixture::with(&[
        ("changed", "old"),
        ("edited", "old"),
        ("edited-but-right", "old"),
        ("edited-stale", "old"),
        ("lost", "text"),
        ("lost-stale", "text"),
        ("same", "text"),
        ("stale", "text"),
    ]);
    for path in ["lost", "lost-stale"] {
        fs::remove_file(fixture.at(path)).unwrap();
    }
    for (path, text) in [
        ("adopted", "text"),
        ("edited", "hand"),
        ("edited-but-right", "new"),
        ("edited-stale", "hand"),
        ("foreign", "hand"),
        ("notes/todo", "hand"),
    ] {
        fixture.put(path, text);
    }
    let before = picture(fixture.dir.path());
    let found = fixture.plan(&[
        ("adopted", "text"),
        ("changed", "new"),
        ("created", "text"),
        ("edited", "new"),
        ("edited-but-right", "new"),
        ("foreign", "text"),
        ("lost", "text"),
        ("same", "text"),
    ]);
    let expected = Plan {
        created: strings(&["created", "lost"]),
        changed: strings(&["changed"]),
        unchanged: strings(&["adopted", "edited-but-right", "same"]),
        removed: strings(&["stale"]),
        edited: strings(&["edited", "edited-stale"]),
        foreign: strings(&["foreign"]),
        strangers: strings(&["notes/todo"]),
        record: Record::Outdated,
    };
    assert_eq!(found, expected);
    assert_eq!(picture(fixture.dir.path()), before, "a plan wrote something");
}

#[test]
fn check_is_clean_only_for_the_exact_tree() {
    let files = [("a", "1"), ("b/c", "2")];
    let fixture = Fixture::with(&files);
    let is_clean = || check(&fixture.root, &bundle(&files)).unwrap().is_clean();
    assert!(is_clean());
    fixture.put("b/stranger", "");
    assert!(is_clean(), "strangers do not matter");
    fixture.put("a", "hand");
    assert!(!is_clean());
    fixture.put("a", "1");
    assert!(is_clean());
    fs::remove_file(fixture.at("b/c")).unwrap();
    assert!(!is_clean());
    fixture.put("b/c", "2");
    fs::remove_file(fixture.at(".stackgen.json")).unwrap();
    assert_eq!(check(&fixture.root, &bundle(&files)).unwrap().record, Record::Missing);
    assert!(!is_clean());
}

#[test]
fn an_object_counts_and_a_new_version_of_the_program_alone_does_not() {
    let fixture = Fixture::new();
    let with = |object: &str| {
        let mut bundle = Bundle::default();
        bundle.insert("a", File { object: Some(object.to_owned()), ..File::default() });
        bundle
    };
    let write = |bundle: &Bundle, generator: &str| {
        let found = plan(&fixture.root, bundle).unwrap();
        apply(&fixture.root, bundle, &found, Options { generator, ..GENTLE }).unwrap();
    };
    write(&with("v1/Service x"), "1.0.0");
    assert!(fixture.text(".stackgen.json").contains(r#""object": "v1/Service x""#));
    write(&with("v1/Service x"), "1.0.1");
    assert!(fixture.text(".stackgen.json").contains(r#""generator": "1.0.0""#));
    let found = plan(&fixture.root, &with("v1/Service y")).unwrap();
    assert_eq!(found, Plan { unchanged: strings(&["a"]), record: Record::Outdated, ..current() });
    assert!(!found.is_clean());
    write(&with("v1/Service y"), "1.0.1");
    let text = fixture.text(".stackgen.json");
    assert!(text.contains(r#""generator": "1.0.1""#) && text.contains("v1/Service y"), "{text}");
}

#[test]
fn an_unusable_ownership_file_is_an_error_and_nothing_is_written() {
    let fixture = Fixture::with(&[("a", "1")]);
    for (text, expected) in [
        ("<<<<<<< HEAD\n", "expected value at line 1 column 1; restore it, or delete it"),
        ("", "EOF while parsing"),
        (
            r#"{"format": 7, "generator": "9.9"}"#,
            "stackgen 9.9 wrote it in format 7, newer than the 1 known here",
        ),
        (
            r#"{"format": 1, "generator": "", "files": [{"path": "../x", "sha256": ""}]}"#,
            r#"the path "../x""#,
        ),
    ] {
        fixture.put(".stackgen.json", text);
        let before = picture(fixture.dir.path());
        let error = fixture.apply(&[("a", "2")], GENTLE).unwrap_err().to_string();
        assert!(error.contains("prod/.stackgen.json is not usable: "), "{error}");
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
        assert_eq!(picture(fixture.dir.path()), before);
    }
    fs::remove_file(fixture.at(".stackgen.json")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", fixture.at(".stackgen.json")).unwrap();
    let error = fixture.apply(&[("a", "2")], GENTLE).unwrap_err().to_string();
    assert!(error.ends_with("prod/.stackgen.json is not a regular file; move it away"), "{error}");
}

#[test]
fn a_path_that_leaves_the_folder_is_an_error() {
    let fixture = Fixture::new();
    for path in ["../a", "/a", "a/../../b", "a//b", "a\\b", ".stackgen.json", ""] {
        let error = fixture.apply(&[(path, "")], GENTLE).unwrap_err().to_string();
        assert!(error.contains(&format!("the output path {path:?} ")), "{error}");
    }
    assert!(picture(fixture.dir.path()).is_empty());
}
