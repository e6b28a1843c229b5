//! The trees of the shipped stacks, file by file, against those that a person has read: `snapshots/stacks/STACK/ENVIRONMENT/`
//! and, for the stacks that show each engine and each form of a workload, `snapshots/engines/KIND/ENVIRONMENT/` and
//! `snapshots/forms/STACK/ENVIRONMENT/`.
//!
//! `UPDATE_GOLDEN=1 cargo test golden` rewrites them; read the difference before you commit it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Root, files, first_difference};
use serde::Deserialize;

/// Holds digests of the other files and the generator's version: says nothing that they do not.
const OWNERSHIP: &str = ".stackgen.json";

#[test]
fn trees_are_those_that_were_read() {
    let (out, update) = (tempfile::tempdir().unwrap(), std::env::var_os("UPDATE_GOLDEN").is_some());
    let mut wrong = Vec::new();
    for root in Root::ALL {
        for (stack, environment) in root.stacks() {
            let tree = root.render(&stack, &environment, &out.path().join(format!("{root:?}")));
            // What stands beside the tree, where the stack names a tool that applies it.
            let beside = Path::new("gitops").join(&environment);
            let pairs = [
                (tree.clone(), environment.clone().into()),
                (tree.with_file_name("gitops").join(&environment), beside),
            ];
            for (tree, name) in pairs {
                let golden = root.snapshots().join(&stack).join(&name);
                if update {
                    rewrite(&tree, &golden);
                }
                let found = compare(&golden, &tree).into_iter();
                wrong.extend(found.map(|it| format!("{stack}/{}/{it}", name.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_snapshot_belongs_to_a_shipped_environment() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        eprintln!("skipped: the snapshots are being rewritten");
        return;
    }
    for root in Root::ALL {
        let stacks = root.stacks().into_iter();
        let known: BTreeSet<String> =
            stacks.map(|(stack, environment)| format!("{stack}/{environment}")).collect();
        let mut found = BTreeSet::new();
        for path in files(&root.snapshots()).keys() {
            found.insert(path.replace("/gitops/", "/").split('/').take(2).collect::<Vec<_>>().join("/"));
        }
        assert_eq!(found, known);
    }
}

#[test]
fn a_difference_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("golden/a/same", "x\n");
    write("tree/a/same", "x\n");
    write("golden/a/changed", "x\ny\n");
    write("tree/a/changed", "x\nz\n");
    write("golden/gone", "");
    write("tree/new", "");
    let found = compare(&dir.path().join("golden"), &dir.path().join("tree"));
    assert_eq!(
        found,
        ["a/changed: line 2: was \"y\", is \"z\"", "gone: no longer written", "new: not there before"]
    );
}

/// What Kustomize makes of the tree, as it was read, is what the stream holds, object by object and in the same order.
#[test]
fn the_stream_is_what_kustomize_builds() {
    streams(&[Root::Shipped, Root::Forms]);
}

#[test]
fn the_stream_of_engines_is_what_kustomize_builds() {
    streams(&[Root::Engines]);
}

fn streams(roots: &[Root]) {
    if Command::new("kubectl").args(["version", "--client"]).output().is_err() {
        eprintln!("skipped: there is no kubectl");
        return;
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        eprintln!("skipped: the snapshots are being rewritten");
        return;
    }
    let all = roots.iter().copied().flat_map(|root| root.clusters().into_iter().map(move |it| (root, it)));
    for (root, (stack, environment)) in all {
        let tree = root.snapshots().join(&stack).join(&environment);
        let built = kustomize(&tree);
        let stream = documents(&root.stream(&stack, &environment));
        assert!(!stream.is_empty());
        for (ours, theirs) in stream.iter().zip(&built) {
            assert_eq!(ours, theirs, "{stack}/{environment}");
        }
        assert_eq!(stream.len(), built.len(), "{stack}/{environment}");
        // Stages are the same objects, each in one of them.
        if let Ok(stages) = fs::read_dir(tree.join("stages")) {
            let mut whole: Vec<String> = built.iter().map(text).collect();
            let mut parts: Vec<String> =
                stages.flat_map(|it| kustomize(&it.unwrap().path())).map(|it| text(&it)).collect();
            whole.sort();
            parts.sort();
            assert_eq!(whole, parts, "{stack}/{environment}");
        }
    }
}

fn text(document: &serde_yaml::Value) -> String {
    serde_yaml::to_string(document).unwrap()
}

/// What Kustomize makes of a folder.
fn kustomize(folder: &Path) -> Vec<serde_yaml::Value> {
    let built = Command::new("kubectl").arg("kustomize").arg(folder).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    documents(&String::from_utf8(built.stdout).unwrap())
}

fn documents(text: &str) -> Vec<serde_yaml::Value> {
    serde_yaml::Deserializer::from_str(text).map(|it| serde_yaml::Value::deserialize(it).unwrap()).collect()
}

/// One line a difference between two folders, sorted.
fn compare(golden: &Path, tree: &Path) -> Vec<String> {
    let (golden, mut tree) = (files(golden), files(tree));
    tree.remove(OWNERSHIP);
    let paths: BTreeSet<&String> = golden.keys().chain(tree.keys()).collect();
    let difference = |path: &String| match (golden.get(path), tree.get(path)) {
        (Some(old), Some(new)) => first_difference(old, new),
        (Some(_), None) => Some("no longer written".to_owned()),
        (None, _) => Some("not there before".to_owned()),
    };
    paths.into_iter().filter_map(|path| Some(format!("{path}: {}", difference(path)?))).collect()
}

fn rewrite(tree: &Path, golden: &Path) {
    if golden.exists() {
        fs::remove_dir_all(golden).unwrap();
    }
    let mut tree = files(tree);
    tree.remove(OWNERSHIP);
    for (path, text) in tree {
        let path = golden.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
