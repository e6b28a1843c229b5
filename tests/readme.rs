//! What the README shows is what the program prints.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{files, project};

#[test]
fn the_main_command_says_what_is_shown() {
    let readme = readme();
    let command = blocks(&readme, "console").into_iter().find(|it| it.contains(" render ")).unwrap();
    let arguments = command.trim().strip_prefix("$ cargo run --release -- ").unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(&project().join("stacks"), &dir.path().join("stacks"));
    let output = run(dir.path(), &arguments.split(' ').collect::<Vec<_>>());
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    let shown = blocks(&readme, "text").remove(0);
    assert!(said.lines().any(|it| it == shown.trim_end()), "README shows {shown}the program says\n{said}");

    let folders = blocks(&readme, "text").remove(1);
    let root = dir.path().join("out/platform-kernel/prod/kustomization.yaml");
    let root: serde_yaml::Value = serde_yaml::from_str(&fs::read_to_string(root).unwrap()).unwrap();
    let listed =
        root["resources"].as_sequence().unwrap().iter().map(|it| format!("{}/", it.as_str().unwrap()));
    let expected: Vec<String> = std::iter::once("kustomization.yaml".to_owned()).chain(listed).collect();
    assert_eq!(folders.split_whitespace().collect::<Vec<_>>(), expected);
}

#[test]
fn the_mistake_is_reported_as_shown() {
    let readme = readme();
    let block = blocks(&readme, "console").into_iter().find(|it| it.contains("error[")).unwrap();
    let (command, shown) = block.split_once('\n').unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(&project().join("stacks/platform-kernel"), dir.path());
    let file = dir.path().join("services.yaml");
    let right = fs::read_to_string(&file).unwrap();
    let wrong = right.replacen("uses: [postgres, vault,", "uses: [postgress, vault,", 1);
    assert_ne!(right, wrong);
    fs::write(&file, wrong).unwrap();
    let arguments: Vec<&str> = command.strip_prefix("$ stackgen ").unwrap().split(' ').collect();
    let output = run(dir.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    if let Some(difference) = crate::support::first_difference(shown, &said) {
        panic!("README: {difference}\n{said}");
    }
}

#[test]
fn the_comparison_is_shown_as_it_is_printed() {
    let readme = readme();
    let block = blocks(&readme, "console").into_iter().find(|it| it.contains(" diff ")).unwrap();
    let (command, shown) = block.split_once('\n').unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(&project().join("stacks/orbit"), dir.path());
    assert!(run(dir.path(), &["render", "prod", "-o", "out"]).status.success());
    // What the README says of the change.
    for (file, from, to) in [
        ("services.yaml", "uses: [redis, \"redpanda:kafka\"]", "uses: [redis, \"redpanda:kafka\", mongodb]"),
        ("versions.env", "BIFROST=sha-3f2a9c1", "BIFROST=sha-8d0be47"),
    ] {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
    let arguments: Vec<&str> = command.strip_prefix("$ stackgen ").unwrap().split(' ').collect();
    let output = run(dir.path(), &arguments);
    assert_eq!(output.status.code(), Some(1), "it opens something, and was asked to fail on that");
    let said = String::from_utf8(output.stdout).unwrap();
    if let Some(difference) = crate::support::first_difference(shown, &said) {
        panic!("README: {difference}\n{said}");
    }
}

#[test]
fn commands_and_links_exist() {
    let (readme, help) = (readme(), crate::support::result(&["--help"]));
    for (_, rest) in readme.match_indices("| `stackgen ").map(|(at, it)| (at, &readme[at + it.len()..])) {
        let command = rest.split([' ', '`']).next().unwrap();
        assert!(help.contains(&format!("\n  {command} ")), "no command {command} in\n{help}");
    }
    for (at, _) in readme.match_indices("](") {
        let link = readme[at + 2..].split(')').next().unwrap();
        assert!(project().join(link).exists(), "{link}");
    }
}

fn readme() -> String {
    fs::read_to_string(project().join("README.md")).unwrap()
}

/// The texts of the fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.match_indices(&fence)
        .map(|(at, _)| text[at + fence.len()..].split("```").next().unwrap().to_owned())
        .collect()
}

fn copy(from: &Path, to: &Path) {
    for (path, text) in files(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn run(dir: &Path, arguments: &[&str]) -> Output {
    // The end of the search for stacks.
    fs::create_dir_all(dir.join(".git")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_stackgen"));
    command.current_dir(dir).env_remove("NO_COLOR").args(arguments).output().unwrap()
}
