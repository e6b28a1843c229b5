//! Other people's files live through every write.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::time::{Duration, UNIX_EPOCH};

use super::support::{Fixture, GENTLE, picture, strings};

#[test]
fn strangers_are_kept_byte_for_byte_with_mode_time_and_links() {
    let fixture = Fixture::with(&[("iam/a", "1"), ("stale/b", "1")]);
    let long_ago = UNIX_EPOCH + Duration::new(1_000_000_000, 5_000_000);
    for (path, mode) in [("notes", 0o600), ("iam/run.sh", 0o751), ("stale/keep/x", 0o444)] {
        fixture.put(path, "\u{0}not yaml: [");
        fs::set_permissions(fixture.at(path), Permissions::from_mode(mode)).unwrap();
        File::open(fixture.at(path)).unwrap().set_modified(long_ago).unwrap();
    }
    symlink("/etc/hostname", fixture.at("absolute")).unwrap();
    symlink("no/such/thing", fixture.at("iam/dangling")).unwrap();
    symlink("iam", fixture.at("folder-link")).unwrap();
    fs::hard_link(fixture.at("notes"), fixture.at("notes-again")).unwrap();
    fs::create_dir_all(fixture.at("empty/inside")).unwrap();
    fs::set_permissions(fixture.at("empty/inside"), Permissions::from_mode(0o700)).unwrap();
    for folder in ["stale/keep", "empty/inside", "empty"] {
        File::open(fixture.at(folder)).unwrap().set_modified(long_ago).unwrap();
    }
    let _socket = UnixListener::bind(fixture.at("socket")).unwrap();

    let files = [("iam/a", "2"), ("new", "1")];
    assert_eq!(
        fixture.plan(&files).strangers,
        strings(&[
            "absolute",
            "folder-link",
            "iam/dangling",
            "iam/run.sh",
            "notes",
            "notes-again",
            "socket",
            "stale/keep/x"
        ])
    );
    let before = of_strangers(&fixture);
    fixture.apply(&files, GENTLE).unwrap();
    assert_eq!(of_strangers(&fixture), before);
    assert!(fixture.plan(&files).is_clean());
    assert!(!fixture.at("stale/b").exists());
    assert_eq!(fixture.at("notes").metadata().unwrap().nlink(), 2, "the previous tree is gone");
    fixture.assert_alone();
}

/// What can be seen of all but the files of the test's bundles and the folders that lose or gain one; without the
/// inodes of folders, which are made anew.
fn of_strangers(fixture: &Fixture) -> BTreeMap<String, String> {
    let mut seen = picture(&fixture.root);
    seen.retain(|path, _| {
        !["iam/a", "stale/b", "new", ".stackgen.json", "iam", "stale"].contains(&path.as_str())
    });
    for (path, line) in &mut seen {
        if fixture.at(path).symlink_metadata().unwrap().is_dir() {
            *line = line.split_once(' ').unwrap().1.to_owned();
        }
    }
    assert_eq!(seen.len(), 11);
    seen
}

#[test]
fn a_name_that_is_no_text_is_kept() {
    let fixture = Fixture::with(&[("a", "1")]);
    let name = fixture.root.join(OsStr::from_bytes(b"\xff\xfe"));
    if fs::write(&name, "x").is_err() {
        println!("skipped: this filesystem wants names to be text");
        return;
    }
    fixture.apply(&[("a", "2")], GENTLE).unwrap();
    assert_eq!(fs::read(name).unwrap(), b"x");
}

#[test]
fn an_empty_folder_stays_only_if_it_never_was_ours() {
    let fixture = Fixture::with(&[("ours/a", "1"), ("b", "1")]);
    fs::remove_file(fixture.at("ours/a")).unwrap();
    fs::create_dir(fixture.at("theirs")).unwrap();
    fixture.apply(&[("b", "2")], GENTLE).unwrap();
    assert!(!fixture.at("ours").exists());
    assert!(fixture.at("theirs").exists());
}

#[test]
fn what_lies_beside_the_environment_is_not_touched() {
    let fixture = Fixture::with(&[("a", "1")]);
    let dir = fixture.dir.path();
    // Names that are nearly those of our own working folders, or are so without being ours.
    for folder in
        [".prod.stackgen-1234567", ".prod.stackgen-abc-ef", ".prod.stackgen-backup", ".test.stackgen-abcdef"]
    {
        fs::create_dir(dir.join(folder)).unwrap();
        fs::write(dir.join(folder).join("file"), folder).unwrap();
    }
    fs::write(dir.join(".test.stackgen-abcdef/.stackgen-work"), "").unwrap();
    fs::write(dir.join(".prod.stackgen-backup/.stackgen-work"), "").unwrap();
    fs::write(dir.join(".prod.stackgen-ABCDEF"), "a file").unwrap();
    symlink(dir.join("test"), dir.join(".prod.stackgen-GHIJKL")).unwrap();
    fs::create_dir(dir.join("test")).unwrap();
    let beside = || {
        let mut seen = picture(dir);
        seen.retain(|path, _| path != "prod" && !path.starts_with("prod/"));
        seen
    };
    let before = beside();
    fixture.apply(&[("a", "2")], GENTLE).unwrap();
    assert_eq!(beside(), before);
}
