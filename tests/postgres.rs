//! The rendered files of a Postgres tier, run by real servers where they are installed.
#![expect(clippy::disallowed_methods, reason = "this test writes the files for a script to run")]

use std::collections::BTreeMap;
use std::process::Command;

use stackgen::diag::{Sink, Sources};
use stackgen::model::Cluster;
use stackgen::model::decode::{Cx, Decode as _, Place};
use stackgen::stateful::{AnyTier, TierContext};

const STACK: &str = "
kind: postgres
replicas: 2
storage: 10Gi
password: { secret: db, key: password }
replicationPassword: { secret: db, key: replication }
databases: [audit, billing-2]
config: { work_mem: 8MB, jit: false, log_line_prefix: \"it's \\\\ %m \" }
";

#[test]
fn two_servers_run_from_the_rendered_files() {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("tier.yaml", STACK);
    let node = stackgen::syntax::parse::parse(&sources, file, &mut sink).unwrap();
    let place = Place { node: &node, key: node.span };
    let tier = AnyTier::decode(place, &Cx::new(&sources, &mut sink)).unwrap();
    assert!(sink.is_empty(), "{:?}", sink.findings());
    let (cluster, files) = (Cluster::standard(), BTreeMap::new());
    let cx = TierContext { name: "pg", namespace: "data", cluster: &cluster, bound: None, files: &files };

    let folder = tempfile::tempdir().unwrap();
    for (name, text) in tier.0.lower(&cx).files.iter().flat_map(|it| &it.files) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/engines/postgres.sh");
    let output = Command::new("bash").arg(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{said}\n{complaints}", output.status);
    println!("{}", said.lines().last().unwrap_or_default());
}
