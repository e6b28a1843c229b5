//! Disks that do not cooperate.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use stackgen::sync::{Fault, apply, check, plan};

use super::support::{Fixture, GENTLE, Mount, bundle, picture};

/// The message of a write to `root` that must fail and leave everything below `dir` as it is.
fn failure(dir: &Path, root: &Path) -> String {
    let before = picture(dir);
    let bundle = bundle(&[("a", "1"), ("b/c", "2")]);
    let error = plan(root, &bundle).and_then(|it| apply(root, &bundle, &it, GENTLE)).unwrap_err();
    assert_eq!(picture(dir), before);
    let said = format!("{error:#}");
    assert_eq!(said, error.to_string(), "the cause is told once, however it is printed");
    assert!(!said.contains('\n'), "{said}");
    said
}

#[test]
fn the_environment_or_its_parent_is_not_a_folder() {
    let fixture = Fixture::new();
    let dir = fixture.dir.path();
    fs::write(dir.join("file"), "").unwrap();
    fs::create_dir(dir.join("real")).unwrap();
    symlink("real", dir.join("link")).unwrap();
    symlink("nowhere", dir.join("dangling")).unwrap();
    let shown = dir.display();
    let said = |root: &str| failure(dir, &dir.join(root));
    assert_eq!(said("file"), format!("cannot use {shown}/file: it is a file, not a folder"));
    assert_eq!(said("link"), format!("cannot use {shown}/link: it is a symbolic link, not a folder"));
    assert_eq!(said("link/"), format!("cannot use {shown}/link: it is a symbolic link, not a folder"));
    assert_eq!(said("dangling"), format!("cannot use {shown}/dangling: it is a symbolic link, not a folder"));
    assert_eq!(said("file/prod"), format!("cannot write below {shown}/file: it is a file, not a folder"));
    assert_eq!(
        said("file/deep/prod"),
        format!("cannot write below {shown}/file: it is a file, not a folder")
    );
    assert!(said("dangling/prod").starts_with(&format!("cannot create {shown}/dangling: ")));
    assert!(check(&dir.join("file"), &bundle(&[])).is_err());
}

#[test]
fn a_parent_that_is_a_link_to_a_folder_is_fine() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.dir.path().join("real")).unwrap();
    symlink("real", fixture.dir.path().join("link")).unwrap();
    let bundle = bundle(&[("a", "1")]);
    let root = fixture.dir.path().join("link/prod");
    apply(&root, &bundle, &plan(&root, &bundle).unwrap(), GENTLE).unwrap();
    assert!(fixture.dir.path().join("real/prod/a").exists());
}

#[test]
fn a_read_only_folder() {
    let fixture = Fixture::with(&[("a", "old")]);
    let dir = fixture.dir.path();
    fs::set_permissions(dir, Permissions::from_mode(0o555)).unwrap();
    if fs::write(dir.join("probe"), "").is_ok() {
        println!("skipped: this user may write to read-only folders");
        fs::remove_file(dir.join("probe")).unwrap();
        return;
    }
    let said = failure(dir, &fixture.root);
    assert!(said.contains("prod.stackgen.lock: Permission denied"), "{said}");
    let said = failure(dir, &dir.join("out/test"));
    assert!(said.starts_with("cannot create ") && said.contains("out: Permission denied"), "{said}");

    fs::set_permissions(dir, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&fixture.root, Permissions::from_mode(0o555)).unwrap();
    let said = failure(dir, &fixture.root);
    assert!(said.starts_with("cannot replace ") && said.contains("prod: Permission denied"), "{said}");
    fs::set_permissions(&fixture.root, Permissions::from_mode(0o755)).unwrap();
    fixture.assert_alone();
}

#[test]
fn a_read_only_folder_inside_is_replaced_and_stays_read_only() {
    let fixture = Fixture::with(&[("a", "1"), ("b/c", "1")]);
    fixture.put("mine/x", "x");
    for folder in ["b", "mine"] {
        fs::set_permissions(fixture.at(folder), Permissions::from_mode(0o555)).unwrap();
    }
    let files = [("a", "2"), ("b/c", "1")];
    let summary = fixture.apply(&files, GENTLE).unwrap();
    assert_eq!(summary.leftover, None);
    fixture.assert_alone();
    for folder in ["b", "mine"] {
        assert_eq!(fixture.at(folder).metadata().unwrap().permissions().mode() & 0o777, 0o555);
        fs::set_permissions(fixture.at(folder), Permissions::from_mode(0o755)).unwrap();
    }
    assert!(fixture.plan(&files).is_clean());
}

#[test]
fn a_full_disk() {
    let Some(disk) = Mount::new("a_full_disk", "64k") else { return };
    let root = disk.path.join("out/prod");
    let write = |text: &str| {
        let bundle = bundle(&[("a", text), ("b/c", text)]);
        plan(&root, &bundle).and_then(|it| apply(&root, &bundle, &it, GENTLE))
    };
    let large = "x".repeat(50_000);
    let error = write(&large).unwrap_err();
    let expected = format!("cannot write {}/b/c: No space left on device (os error 28)", root.display());
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.downcast::<Fault>().unwrap().kind(), std::io::ErrorKind::StorageFull);
    assert!(picture(&disk.path).is_empty(), "the folder above is taken back too");

    write("small").unwrap();
    let before = picture(&root);
    write(&large).unwrap_err();
    assert_eq!(picture(&root), before);
    assert_eq!(root.parent().unwrap().read_dir().unwrap().count(), 1, "leftovers");
}

#[test]
fn a_mount_inside_or_instead_of_the_environment_is_not_emptied() {
    let Some(disk) = Mount::new("a_mount", "64k") else { return };
    fs::write(disk.path.join("precious"), "").unwrap();
    let said = failure(&disk.path, &disk.path);
    assert!(said.contains("is a mount point; mount "), "{said}");

    let outer = disk.dir.path();
    let said = failure(&disk.path, outer);
    assert!(said.contains("mnt is a mount point; mount "), "{said}");
}
