//! What is not ours to lose.

use std::fs;
use std::os::unix::fs::symlink;

use stackgen::sync::{Refusal, apply, plan};

use super::support::{FORCED, Fixture, GENTLE, bundle, strings};

#[test]
fn a_hand_edit_is_refused_and_overwritten_when_forced() {
    let fixture = Fixture::with(&[("a", "1"), ("stale", "1")]);
    fixture.put("a", "hand");
    fixture.put("stale", "hand");
    let files = [("a", "2")];
    let refusal = fixture.refusal(&files);
    let root = fixture.root.clone();
    assert_eq!(refusal, Refusal { root, edited: strings(&["a", "stale"]), foreign: vec![] });
    let expected = format!(
        "nothing written: 2 files in {} would be lost\n  edited by hand: a\n  edited by hand: stale\n\
         move them away, or overwrite them with `--force`",
        fixture.root.display()
    );
    assert_eq!(refusal.to_string(), expected);

    let summary = fixture.apply(&files, FORCED).unwrap();
    assert_eq!((summary.changed, summary.removed), (1, 1));
    fixture.assert_is(&files);
}

#[test]
fn a_foreign_file_is_refused_and_overwritten_when_forced() {
    let fixture = Fixture::new();
    fixture.put("a", "somebody's");
    fixture.put("b", "stranger");
    let files = [("a", "1")];
    assert_eq!(fixture.refusal(&files).foreign, ["a"]);
    let summary = fixture.apply(&files, FORCED).unwrap();
    assert_eq!((summary.created, summary.changed), (0, 1));
    assert_eq!((fixture.text("a").as_str(), fixture.text("b").as_str()), ("1", "stranger"));
}

#[test]
fn links_are_never_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("deployment.yaml"), "precious").unwrap();
    let fixture = Fixture::with(&[("iam/deployment.yaml", "1"), ("link", "1")]);
    fs::remove_dir_all(fixture.at("iam")).unwrap();
    symlink(outside.path(), fixture.at("iam")).unwrap();
    fs::remove_file(fixture.at("link")).unwrap();
    symlink(outside.path().join("new"), fixture.at("link")).unwrap();

    let files = [("iam/deployment.yaml", "2"), ("link", "1")];
    let refusal = fixture.refusal(&files);
    assert_eq!((refusal.edited, refusal.foreign), (strings(&["link"]), strings(&["iam"])));
    fixture.apply(&files, FORCED).unwrap();
    fixture.assert_is(&files);
    assert!(fixture.at("iam").symlink_metadata().unwrap().is_dir());
    assert_eq!(fs::read_to_string(outside.path().join("deployment.yaml")).unwrap(), "precious");
    assert_eq!(outside.path().read_dir().unwrap().count(), 1);
}

#[test]
fn a_stale_file_below_a_link_is_not_removed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a"), "1").unwrap();
    let fixture = Fixture::with(&[("x/a", "1"), ("b", "1")]);
    fs::remove_dir_all(fixture.at("x")).unwrap();
    symlink(outside.path(), fixture.at("x")).unwrap();
    fixture.apply(&[("b", "2")], FORCED).unwrap();
    assert_eq!(fixture.at("x").read_link().unwrap(), outside.path(), "a stranger now");
    assert!(outside.path().join("a").exists());
}

#[test]
fn strangers_in_a_folder_where_a_file_belongs_are_listed_one_by_one() {
    let fixture = Fixture::with(&[("a/owned", "1")]);
    fixture.put("a/mine", "x");
    fixture.put("a/deep/mine", "x");
    let files = [("a", "1")];
    assert_eq!(fixture.refusal(&files).foreign, ["a/deep/mine", "a/mine"]);
    let summary = fixture.apply(&files, FORCED).unwrap();
    assert_eq!((summary.created, summary.removed), (1, 3));
    fixture.assert_is(&files);
}

#[test]
fn a_foreign_file_where_a_folder_belongs() {
    let fixture = Fixture::new();
    fixture.put("a", "mine");
    let files = [("a/b", "1")];
    assert_eq!(fixture.refusal(&files).foreign, ["a"]);
    fixture.apply(&files, FORCED).unwrap();
    fixture.assert_is(&files);
}

#[test]
fn force_covers_only_what_the_plan_has_shown() {
    let fixture = Fixture::with(&[("a", "1"), ("b", "1")]);
    let new = bundle(&[("a", "2"), ("b", "2")]);
    fixture.put("a", "hand");
    let shown = plan(&fixture.root, &new).unwrap();
    fixture.put("b", "hand, later");
    let error = apply(&fixture.root, &new, &shown, FORCED).unwrap_err();
    assert_eq!(error.downcast::<Refusal>().unwrap().edited, ["b"]);
    assert_eq!(fixture.text("a"), "hand");

    // And without force, what came after the plan is refused as well.
    fixture.put("a", "1");
    fixture.put("b", "1");
    let shown = plan(&fixture.root, &new).unwrap();
    fixture.put("b", "hand");
    assert!(apply(&fixture.root, &new, &shown, GENTLE).unwrap_err().is::<Refusal>());
    fixture.assert_alone();
}

#[test]
fn a_name_with_a_line_break_stays_on_its_line() {
    let fixture = Fixture::new();
    fixture.put("a/b\n  edited by hand: c", "");
    let said = fixture.refusal(&[("a", "")]).to_string();
    assert!(said.contains(r"a/b\n  edited by hand: c"), "{said}");
}
