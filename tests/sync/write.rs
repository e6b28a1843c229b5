//! What `apply` does when nothing stands against it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use stackgen::bundle::File;
use stackgen::sync::{Summary, apply, check, plan};

use super::support::{Fixture, GENTLE, bundle, picture};

#[test]
fn writes_all_files_and_says_how_many() {
    let fixture = Fixture::new();
    let files = [("a", "1"), ("b/c", ""), ("b/d/e", "ü\n")];
    let summary = fixture.apply(&files, GENTLE).unwrap();
    assert_eq!(summary.to_string(), "prod: 3 files: 3 created, 0 changed, 0 unchanged, 0 removed");
    fixture.assert_is(&files);
    assert_eq!(fixture.text("b/d/e"), "ü\n");
}

#[test]
fn creates_the_folders_above() {
    let fixture = Fixture::new();
    let root = fixture.dir.path().join("out/deep/prod");
    let bundle = bundle(&[("a", "1")]);
    apply(&root, &bundle, &plan(&root, &bundle).unwrap(), GENTLE).unwrap();
    assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "1");
    assert_eq!(root.parent().unwrap().read_dir().unwrap().count(), 1);
}

#[test]
fn changes_removes_and_leaves_no_empty_folder() {
    let fixture = Fixture::with(&[("a", "1"), ("b/c/d", "2"), ("b/c/e", "3"), ("same", "4")]);
    let files = [("a", "new"), ("f/g", "5"), ("same", "4")];
    let summary = fixture.apply(&files, GENTLE).unwrap();
    let expected = Summary {
        environment: "prod".to_owned(),
        created: 1,
        changed: 1,
        unchanged: 1,
        removed: 2,
        leftover: None,
    };
    assert_eq!(summary, expected);
    fixture.assert_is(&files);
    assert!(!fixture.at("b").exists());
}

#[test]
fn a_file_becomes_a_folder_and_back() {
    let (flat, deep) = ([("a", "1")], [("a/b/c", "2")]);
    let fixture = Fixture::with(&flat);
    for files in [&deep[..], &flat, &deep] {
        let summary = fixture.apply(files, GENTLE).unwrap();
        assert_eq!((summary.created, summary.removed), (1, 1));
        fixture.assert_is(files);
    }
}

#[test]
fn an_empty_bundle_removes_what_is_owned() {
    let fixture = Fixture::with(&[("a/b", "1")]);
    fixture.apply(&[], GENTLE).unwrap();
    fixture.assert_is(&[]);
    assert!(!fixture.at("a").exists());
}

#[test]
fn touches_nothing_when_nothing_changed() {
    let files = [("a", "1"), ("b/c", "2")];
    let fixture = Fixture::with(&files);
    fixture.put("stranger", "");
    let before = (picture(fixture.dir.path()), fixture.dir.path().metadata().unwrap().mtime_nsec());
    let summary = fixture.apply(&files, GENTLE).unwrap();
    assert_eq!((summary.unchanged, summary.created + summary.changed + summary.removed), (2, 0));
    assert_eq!((picture(fixture.dir.path()), fixture.dir.path().metadata().unwrap().mtime_nsec()), before);
}

#[test]
fn touches_only_what_changed() {
    let fixture = Fixture::with(&[("a/b", "1"), ("c/d", "2")]);
    let before = picture(&fixture.root);
    fixture.apply(&[("a/b", "1"), ("c/d", "new")], GENTLE).unwrap();
    let after = picture(&fixture.root);
    assert_eq!(after["a/b"], before["a/b"]);
    assert_ne!(after["c/d"], before["c/d"]);
}

#[test]
fn adopts_a_file_that_is_right_already() {
    let fixture = Fixture::new();
    fixture.put("a", "1");
    let summary = fixture.apply(&[("a", "1")], GENTLE).unwrap();
    assert_eq!((summary.created, summary.unchanged), (0, 1));
    fixture.assert_is(&[("a", "1")]);
    fixture.apply(&[], GENTLE).unwrap();
    assert!(!fixture.at("a").exists(), "it is owned now");
}

#[test]
fn keeps_the_modes_of_files_and_folders() {
    let fixture = Fixture::with(&[("a/script", "1"), ("b", "1")]);
    let mode = |path: &str| fixture.at(path).metadata().unwrap().mode() & 0o7777;
    let modes = [("a/script", 0o755), ("a", 0o2775), ("", 0o750)];
    for (path, mode) in modes {
        fs::set_permissions(fixture.at(path), fs::Permissions::from_mode(mode)).unwrap();
    }
    fixture.apply(&[("a/script", "2"), ("b", "1")], GENTLE).unwrap();
    for (path, expected) in modes {
        assert_eq!(mode(path), expected, "{path}");
    }
}

/// As it would be under `umask 077`: a container that has it bound has another user.
#[test]
fn what_containers_read_can_be_read_by_everybody() {
    let fixture = Fixture::with(&[("conf", "1"), ("own", "1")]);
    for path in ["conf", "own"] {
        fs::set_permissions(fixture.at(path), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut next = bundle(&[("own", "2")]);
    next.insert("conf", File { text: "2".to_owned(), public: true, ..File::default() });
    apply(&fixture.root, &next, &plan(&fixture.root, &next).unwrap(), GENTLE).unwrap();
    let mode = |path: &str| fixture.at(path).metadata().unwrap().mode() & 0o7777;
    assert_eq!((mode("conf"), mode("own")), (0o644, 0o600));
}

#[test]
fn what_everybody_reads_and_somebody_closed_is_opened_again() {
    let fixture = Fixture::with(&[("own/x", "1")]);
    let mut next = bundle(&[("own/x", "1")]);
    next.insert("web/files/conf", File { text: "1".to_owned(), public: true, ..File::default() });
    let apply = || apply(&fixture.root, &next, &plan(&fixture.root, &next).unwrap(), GENTLE).unwrap();
    apply();
    let mode = |path: &str| fixture.at(path).metadata().unwrap().mode() & 0o7777;
    let own = mode("own");
    for (path, closed, open) in
        [("web/files/conf", 0o600, 0o644), ("web/files", 0o700, 0o755), ("web", 0o2750, 0o2755)]
    {
        fs::set_permissions(fixture.at(path), fs::Permissions::from_mode(closed)).unwrap();
        let found = check(&fixture.root, &next).unwrap();
        assert_eq!((found.changed, found.unchanged.len()), (vec!["web/files/conf".to_owned()], 1), "{path}");
        apply();
        assert_eq!(mode(path), open, "{path}");
        assert!(check(&fixture.root, &next).unwrap().is_clean(), "{path}");
    }
    for path in ["own", "own/x", ""] {
        fs::set_permissions(fixture.at(path), fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert!(check(&fixture.root, &next).unwrap().is_clean(), "nobody else reads these");
    apply();
    assert_eq!((mode("own"), mode("own/x"), mode("")), (0o700, 0o700, 0o700), "was {own:o}");
}

#[test]
fn the_same_bundle_gives_the_same_bytes_whatever_was_there() {
    let files = [("a", "1"), ("b/c", "2")];
    let (fresh, grown) = (Fixture::with(&files), Fixture::with(&[("b/c", "old"), ("x", "y")]));
    grown.apply(&files, GENTLE).unwrap();
    assert_eq!(fresh.text(".stackgen.json"), grown.text(".stackgen.json"));
    assert!(fresh.text(".stackgen.json").ends_with("}\n"));
}
