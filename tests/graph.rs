//! `stackgen graph`: each format of a shipped stack against the one that a person has read (`snapshots/graph/`;
//! `UPDATE_GOLDEN=1` rewrites them), and the questions that it answers.

use std::collections::BTreeSet;

use crate::support::{Root, result, stackgen};
use serde_json::Value;

const STACK: [&str; 4] = ["graph", "prod", "--stack", "platform-kernel"];

fn graph(more: &[&str]) -> String {
    result(&[&STACK, more].concat())
}

#[test]
fn each_format_is_the_one_that_was_read() {
    for (format, extension) in
        [("matrix", "txt"), ("mermaid", "mmd"), ("dot", "dot"), ("svg", "svg"), ("json", "json")]
    {
        let path = format!("snapshots/graph/platform-kernel.{extension}");
        crate::support::up_to_date(&path, &graph(&["--format", format]), "UPDATE_GOLDEN");
    }
}

/// The rows of a table: who calls, and on which port.
fn rows(table: &str) -> BTreeSet<(&str, &str)> {
    let rows = table.lines().filter(|it| it.starts_with("  ") && !it.starts_with("  from"));
    rows.map(|it| (it.split_whitespace().next().unwrap(), it.split_whitespace().nth(1).unwrap())).collect()
}

#[test]
fn who_can_reach_a_store() {
    let table = graph(&["--to", "seaweedfs"]);
    assert_eq!(rows(&table), [("platform-services/files", "8333/TCP")].into());
    assert!(table.contains("stacks/platform-kernel/services.yaml:"), "{table}");
    assert_eq!(graph(&["--to", "platform-infra/seaweedfs"]), table);
    assert_eq!(graph(&["--to", "seaweedfs", "--port", "s3"]), table);
    assert_eq!(graph(&["--to", "seaweedfs", "--port", "8333"]), table);
    assert!(rows(&graph(&["--to", "seaweedfs", "--port", "8888"])).is_empty());
    // Everything that a workload may call, DNS included.
    let table = graph(&["--from", "files"]);
    assert!(rows(&table).contains(&("platform-services/files", "53/UDP")), "{table}");
}

#[test]
fn an_address_means_the_blocks_that_hold_it() {
    let table = graph(&["--to", "10.10.0.3"]);
    assert_eq!(rows(&table), [("platform-infra/vault", "6443/TCP")].into());
    let run = stackgen(&[&STACK[..], &["--to", "10.11.0.3"]].concat());
    // The load balancer's sources hold every address, and nobody calls there.
    assert!(run.status.success() && rows(&String::from_utf8(run.stdout).unwrap()).is_empty());
}

#[test]
fn a_name_that_is_none_gets_the_nearest() {
    let run = stackgen(&[&STACK[..], &["--to", "postgress"]].concat());
    let said = String::from_utf8(run.stderr).unwrap();
    assert_eq!((run.status.code(), run.stdout.len()), (Some(2), 0));
    assert!(said.contains("nothing in reach is called `postgress`; the nearest is `postgres`"), "{said}");
}

#[test]
fn a_picture_goes_to_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("prod.svg");
    assert_eq!(graph(&["--format", "svg", "-o", file.to_str().unwrap()]), "");
    assert_eq!(std::fs::read_to_string(file).unwrap(), graph(&["--format", "svg"]));
}

/// What programs may rely on; `docs/graph.md` says the same.
#[test]
fn the_json_has_its_version_and_nothing_undocumented() {
    let graph: Value = serde_json::from_str(&graph(&["--format", "json"])).unwrap();
    assert_eq!((&graph["version"], &graph["stack"]), (&1.into(), &"platform-kernel".into()));
    let page = std::fs::read_to_string(crate::support::project().join("docs/graph.md")).unwrap();
    let mut keys = BTreeSet::new();
    collect(&graph, &mut keys);
    for key in keys {
        assert!(page.contains(&format!("`{key}`")), "docs/graph.md does not say what `{key}` is");
    }
    let nodes: BTreeSet<&str> =
        graph["nodes"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    for path in graph["paths"].as_array().unwrap() {
        assert!(["from", "to"].iter().all(|it| nodes.contains(path[it].as_str().unwrap())), "{path}");
        assert!(!path["because"].as_array().unwrap().is_empty(), "nobody declared {path}");
    }
}

fn collect(value: &Value, keys: &mut BTreeSet<String>) {
    for (key, it) in value.as_object().into_iter().flatten() {
        keys.insert(key.clone());
        collect(it, keys);
    }
    value.as_array().into_iter().flatten().for_each(|it| collect(it, keys));
}

/// Every path of every stack has a line that declares it: what has none is a hole.
#[test]
fn nothing_is_reachable_that_nobody_declared() {
    let (mut holes, mut paths) = (Vec::new(), 0);
    for root in Root::ALL {
        for (stack, environment) in root.stacks() {
            let graph: Value = serde_json::from_str(&root.graph(&stack, &environment)).unwrap();
            for path in graph["paths"].as_array().unwrap() {
                paths += 1;
                if path["because"].as_array().unwrap().is_empty() {
                    holes.push(format!(
                        "{stack} {environment}: {} → {} {}",
                        path["from"], path["to"], path["ports"]
                    ));
                }
            }
        }
    }
    assert!(holes.is_empty(), "{}", holes.join("\n"));
    assert!(paths > 500, "{paths} paths only");
}
