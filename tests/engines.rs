//! The rendered files of tiers, run by real servers: `tests/engines/KIND.sh TREE` starts as many processes on loopback
//! as the tier has pods, and says `skipped: …` where the server is not installed.
//!
//! They take long and are ignored here; `.ci/run` installs the servers (`tests/engines/install.sh`) and runs them all:
//! `cargo test engines -- --include-ignored --nocapture --test-threads 1`.

use std::process::Command;

use crate::support::{Root, project};

/// Renders an environment of `tests/engines/stacks/KIND` and hands its tree to the engine's script.
#[track_caller]
fn run(kind: &str, environment: &str) {
    prove(Root::Engines, kind, environment, kind);
}

#[track_caller]
fn prove(root: Root, stack: &str, environment: &str, kind: &str) {
    let out = tempfile::tempdir().unwrap();
    let tree = root.render(stack, environment, out.path());
    let script = project().join(format!("tests/engines/{kind}.sh"));
    let output = Command::new("bash").arg(script).arg(tree).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{kind}: {}\n{said}\n{complaints}", output.status);
    println!("{kind}: {}", said.lines().last().unwrap_or_default());
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn cassandra() {
    run("cassandra", "ring");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn clickhouse() {
    run("clickhouse", "replicated");
    run("clickhouse", "sharded");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn kafka() {
    run("kafka", "combined");
    run("kafka", "secured");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn postgres() {
    run("postgres", "pair");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn postgres_backup() {
    prove(Root::Engines, "postgres", "backup", "postgres-backup");
    prove(Root::Engines, "postgres", "backup-store", "postgres-backup");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn vault() {
    run("vault", "raft");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn openbao() {
    run("openbao", "raft");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn etcd() {
    run("etcd", "cluster");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn minio() {
    run("minio", "distributed");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn nats() {
    run("nats", "cluster");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn seaweedfs() {
    run("seaweedfs", "cluster");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn rabbitmq() {
    run("rabbitmq", "cluster");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn redis() {
    run("redis", "replicated");
}

#[test]
#[ignore = "starts real servers; .ci/run does"]
fn valkey() {
    for environment in ["cache", "persistent", "replicated"] {
        run("valkey", environment);
    }
}

/// Quick, and run wherever Prometheus' promtool is.
#[test]
fn alerts() {
    for environment in ["operator", "linkerd"] {
        prove(Root::Forms, "watch", environment, "alerts");
    }
}
