//! Modules use modules below them, never above. The order is the one of `docs/architecture.md`.

use std::collections::BTreeSet;

/// From the top down. `main.rs` is above all of them, `lib.rs` only lists them.
const ORDER: [&str; 27] = [
    "cli",
    "sync",
    "git",
    "diff",
    "graph",
    "provenance",
    "compile",
    "catalogue",
    "layout",
    "rule",
    "patch",
    "compose",
    "lower",
    "mesh",
    "secret",
    "resolve",
    "upgrade",
    "stack",
    "stateful",
    "workload",
    "model",
    "document",
    "syntax",
    "k8s",
    "emit",
    "bundle",
    "diag",
];

#[test]
fn no_module_uses_one_above_it() {
    let mut upward = Vec::new();
    for (path, text) in sources() {
        let Some(from) = module(&path) else { continue };
        for (line, to) in uses(&text) {
            if height(from) < height(&to) {
                upward.push(format!("src/{path}:{line}: `{from}` uses `{to}`, which is above it"));
            }
        }
    }
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn every_module_has_its_place() {
    let modules: BTreeSet<String> =
        sources().iter().filter_map(|(path, _)| module(path).map(str::to_owned)).collect();
    assert_eq!(modules, ORDER.iter().map(|it| (*it).to_owned()).collect());
}

#[test]
fn the_document_lists_the_order() {
    let text = std::fs::read_to_string(crate::support::project().join("docs/architecture.md")).unwrap();
    let order = ORDER.join(" > ");
    assert!(text.contains(&order), "docs/architecture.md lacks: {order}");
}

#[test]
fn uses_are_found_in_every_form() {
    let text = "\
use crate::diag::Code; // crate::cli
use crate::{
    document, model as m,
    syntax::{Node, parse},
};
/// See crate::sync.
fn f() { crate::emit::write(); let _ = $crate::model::X; }
";
    let found: Vec<(usize, String)> = uses(text);
    let expected = [(1, "diag"), (2, "document"), (2, "model"), (2, "syntax"), (7, "emit"), (7, "model")];
    assert_eq!(found, expected.map(|(line, name)| (line, name.to_owned())));
}

/// What is rendered may be a stranger's: nothing is run for it, and nothing is fetched.
#[test]
fn only_git_is_run_and_nothing_speaks_to_a_network() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        // Tests at the end of a file may run what they like.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let processes: &[&str] = if path.starts_with("git/") { &[] } else { &PROCESSES };
        let banned: Vec<&str> = NETWORK.iter().chain(processes).copied().collect();
        for (number, line) in code.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default();
            found.extend(
                banned
                    .iter()
                    .filter(|it| line.contains(**it))
                    .map(|it| format!("src/{path}:{}: `{it}`", number + 1)),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let git = sources().into_iter().filter(|(path, _)| path.starts_with("git/"));
    let runs: Vec<String> = git.flat_map(|(_, text)| calls(&text, "Command::new(")).collect();
    assert_eq!(runs, ["\"git\""]);

    let lock = std::fs::read_to_string(crate::support::project().join("Cargo.lock")).unwrap();
    let crates: BTreeSet<&str> =
        lock.lines().filter_map(|it| it.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    assert!(crates.contains("clap"), "the names are not read");
    let speaking: Vec<_> = SPEAKING.iter().filter(|it| crates.contains(**it)).collect();
    assert!(speaking.is_empty(), "{speaking:?}");
}

/// What opens a socket or asks for a name. Addresses themselves are read and written.
const NETWORK: [&str; 9] = [
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "ToSocketAddrs",
    "to_socket_addrs",
    "rustix::net",
];
/// What starts a program.
const PROCESSES: [&str; 4] = ["process::Command", "process::Child", "os::unix::process", "rustix::process"];
/// What speaks to networks in other programs.
const SPEAKING: [&str; 18] = [
    "async-std",
    "attohttpc",
    "curl",
    "git2",
    "gix",
    "h2",
    "hickory-resolver",
    "hyper",
    "isahc",
    "minreq",
    "mio",
    "native-tls",
    "openssl",
    "quinn",
    "reqwest",
    "socket2",
    "tokio",
    "ureq",
];

/// What a function is called with, by its text.
fn calls(text: &str, function: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let all = code.match_indices(function).map(|(at, it)| &code[at + it.len()..]);
    all.filter_map(|it| it.split_once(')')).map(|(arguments, _)| arguments.to_owned()).collect()
}

fn height(module: &str) -> usize {
    let depth = ORDER.iter().position(|it| *it == module);
    ORDER.len() - depth.unwrap_or_else(|| panic!("`{module}` has no place in the order"))
}

fn sources() -> Vec<(String, String)> {
    let found = crate::support::files(&crate::support::project().join("src"));
    found.into_iter().filter(|(path, _)| path.rsplit('.').next() == Some("rs")).collect()
}

/// The top module that a source file belongs to; none for the two roots.
fn module(path: &str) -> Option<&str> {
    let first = path.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "main" && name != "lib").then_some(name)
}

/// Every top module that a text names after `crate::`, with the line; comments are left out.
fn uses(text: &str) -> Vec<(usize, String)> {
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(heads(group).into_iter().map(|it| (line, it))),
            None => found.extend(word(rest).map(|it| (line, it))),
        }
    }
    found
}

/// The first names of the paths in a `{…}` group, up to its end.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut path, mut found) = (0_usize, String::new(), Vec::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => found.extend(word(std::mem::take(&mut path).trim())),
            _ => {
                depth = if c == '{' { depth + 1 } else { depth - usize::from(c == '}') };
                path.push(c);
            }
        }
    }
    found.extend(word(path.trim()));
    found
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}
