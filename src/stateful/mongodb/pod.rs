//! The pods: members, and the one that makes the replica set of them.

use k8s_openapi::api::core::v1::{Container, EnvVar, Probe, Volume};

use super::settings::{DATA, RUN};
use super::{MongodbTier, PORT, PORT_NAME};
use crate::stateful::pieces::{self, env, exec_probe, mount, read_only, tcp_probe};
use crate::workload::{Pod, resources};

const CONFIG: &str = "/etc/mongodb";
const SECRETS: &str = "/etc/mongodb/secrets";

/// The shell wants a home of its own, and the image's is the data.
fn home() -> EnvVar {
    env("HOME", "/tmp")
}

/// A member.
pub(super) fn server(tier: &MongodbTier, config: &str) -> Pod {
    let user = tier.fields.version.user();
    let image = Some(tier.fields.version.image(tier.fields.image.as_ref()));
    // The server refuses a key that its group may read, and that is what fsGroup makes of a mounted secret.
    let copy = format!("install -m 0400 {SECRETS}/keyfile {RUN}/keyfile");
    let key = Container {
        name: "key".to_owned(),
        image: image.clone(),
        command: Some(vec!["sh".to_owned(), "-ec".to_owned(), copy]),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![read_only("secrets", SECRETS), mount("run", RUN)]),
        ..Container::default()
    };
    let main = Container {
        name: "mongod".to_owned(),
        image,
        // The image's entrypoint would only change owners, which needs root, and make users without a replica set.
        command: Some(vec!["mongod".to_owned(), format!("--config={CONFIG}/mongod.conf")]),
        env: Some(vec![home()]),
        ports: Some(vec![pieces::port(PORT_NAME, PORT)]),
        startup_probe: Some(ping(10, 180)),
        readiness_probe: Some(ping(20, 3)),
        liveness_probe: Some(tcp_probe(PORT_NAME, 10, 6)),
        resources: tier.common.resources.as_deref().map(resources),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            mount(pieces::DATA, DATA),
            read_only("config", CONFIG),
            mount("run", RUN),
            mount("configdb", "/data/configdb"),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: tier.fields.grace,
        volumes: vec![
            pieces::config("config", config, &["mongod.conf"], None),
            secrets(tier, &["keyfile"]),
            pieces::in_memory("run", 1),
            pieces::scratch("configdb", 16),
            pieces::scratch("tmp", 64),
        ],
        init: vec![key],
        containers: vec![main],
        ..Pod::default()
    }
}

/// What makes the replica set and the superuser. Safe to be repeated.
pub(super) fn init(tier: &MongodbTier, config: &str) -> Pod {
    let user = tier.fields.version.user();
    let script = format!("{CONFIG}/init.js");
    let command = ["mongosh", "--nodb", "--norc", "--quiet", "--file", &script];
    let main = Container {
        name: "init".to_owned(),
        image: Some(tier.fields.version.image(tier.fields.image.as_ref())),
        command: Some(command.map(str::to_owned).to_vec()),
        env: Some(vec![home()]),
        resources: Some(pieces::amounts("100m", "256Mi", "256Mi")),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![
            read_only("config", CONFIG),
            read_only("secrets", SECRETS),
            mount("tmp", "/tmp"),
        ]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: 5,
        volumes: vec![
            pieces::config("config", config, &["init.js"], None),
            secrets(tier, &["keyfile", "password"]),
            pieces::scratch("tmp", 64),
        ],
        containers: vec![main],
        ..Pod::default()
    }
}

fn secrets(tier: &MongodbTier, files: &[&str]) -> Volume {
    let all = [(&tier.fields.key_file, "keyfile"), (&tier.fields.password, "password")];
    let wanted: Vec<_> = all.into_iter().filter(|(_, file)| files.contains(file)).collect();
    pieces::secrets("secrets", &wanted)
}

/// Asks without logging in, and of a member in any state. Starting the shell takes a second or two of CPU.
fn ping(period: i32, failures: i32) -> Probe {
    let eval = "db.adminCommand({ ping: 1 }).ok || quit(1)";
    let uri = format!("mongodb://127.0.0.1:{PORT}/?directConnection=true&serverSelectionTimeoutMS=5000");
    let command = ["mongosh", "--norc", "--quiet", &uri, "--eval", eval];
    Probe { timeout_seconds: Some(15), ..exec_probe(&command, period, failures) }
}
