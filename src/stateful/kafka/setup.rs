//! The Job that makes the declared users and topics.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use serde::Serialize;

use super::access::{Grant, PatternType, ResourceType};
use super::node::ETC;
use super::{BROKER, CLIENT, KafkaTier, security, settings};
use crate::stateful::{TierContext, pieces, render};
use crate::workload::{Budget, ConfigFiles, Controller, Part, Pod, Run, Workload};

/// What the Job's container asks for and may use: a Java tool at a time, with a heap of 128 MiB.
const MEMORY: &str = "320Mi";
const CPU: &str = "100m";

#[derive(Serialize)]
struct Context<'a> {
    bootstrap: String,
    secured: bool,
    users: Vec<UserContext<'a>>,
    password: &'a str,
    topics: Vec<TopicContext<'a>>,
}

#[derive(Serialize)]
struct TopicContext<'a> {
    name: &'a str,
    partitions: u32,
    replicas: u32,
    config: Vec<String>,
}

#[derive(Serialize)]
struct UserContext<'a> {
    name: &'a str,
    rights: Vec<String>,
}

/// The Job and its files; none where neither a topic nor a user is declared.
pub(super) fn job(tier: &KafkaTier, cx: &TierContext<'_>) -> Option<(Part, ConfigFiles)> {
    if tier.fields.topics.is_empty() && tier.access.users.is_empty() {
        return None;
    }
    let name = format!("{}-setup", cx.name);
    let topics = tier.fields.topics.iter().map(|(name, topic)| TopicContext {
        name: name.as_str(),
        partitions: topic.partitions,
        replicas: tier.topic_replicas(topic),
        config: topic
            .config
            .iter()
            .map(|(name, it)| format!("{}={}", name.as_str(), settings::property(it)))
            .collect(),
    });
    let users = tier.access.users.iter().map(|(name, user)| UserContext {
        name: name.as_str(),
        rights: user.grants().iter().flat_map(rights).collect(),
    });
    let security = tier.security();
    let context = Context {
        bootstrap: bootstrap(tier, cx),
        secured: security.any(),
        users: users.collect(),
        password: security::PASSWORD,
        topics: topics.collect(),
    };
    let script = render("kafka/setup.sh.j2", include_str!("../../../templates/kafka/setup.sh.j2"), &context);
    let files = [("setup.sh".to_owned(), script)].into_iter().chain(security.admin_file());
    let files = ConfigFiles { name: name.clone(), files: files.collect() };
    let workload = Workload {
        pod: pod(tier, &name),
        name,
        part: Some("setup"),
        controller: Controller::Job(Run::until_done(6)),
    };
    Some((Part { workload, services: Vec::new(), budget: Budget::None }, files))
}

/// Where the setup connects: where clients do; where they log in, it does so as the nodes do, and on their listener.
fn bootstrap(tier: &KafkaTier, cx: &TierContext<'_>) -> String {
    if !tier.security().login {
        return format!("{}:{CLIENT}", cx.service_host());
    }
    let broker = |ordinal| format!("{}:{BROKER}", cx.pod_host(ordinal));
    (0..tier.fields.replicas.min(3)).map(broker).collect::<Vec<_>>().join(",")
}

/// What `kafka-acls.sh` calls a grant, one operation a line.
fn rights(grant: &Grant<'_>) -> Vec<String> {
    let resource = match grant.resource {
        ResourceType::Topic => "TOPIC",
        ResourceType::Group => "GROUP",
        ResourceType::TransactionalId => "TRANSACTIONAL_ID",
        ResourceType::Cluster => "CLUSTER",
    };
    let pattern = match grant.pattern {
        PatternType::Literal => "LITERAL",
        PatternType::Prefixed => "PREFIXED",
    };
    let line = |operation: &&str| format!("{resource} {pattern} {} {}", upper(operation), grant.name);
    grant.operations.iter().map(line).collect()
}

/// `AlterConfigs` as `ALTER_CONFIGS`.
fn upper(word: &str) -> String {
    let mut out = String::new();
    for c in word.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

fn pod(tier: &KafkaTier, name: &str) -> Pod {
    let (secrets, secret_mounts): (Vec<_>, Vec<_>) = tier.setup_secrets().into_iter().unzip();
    let mut mounts = vec![pieces::read_only("config", ETC), pieces::mount("tmp", "/tmp")];
    mounts.extend(secret_mounts);
    // In memory: passwords pass through it.
    let work = if tier.security().login { pieces::in_memory("tmp", 16) } else { pieces::scratch("tmp", 64) };
    let mut volumes = vec![pieces::config("config", name, &[], Some(0o555)), work];
    volumes.extend(secrets);
    let user = tier.fields.version.user();
    let amounts = |all: &[(&str, &str)]| {
        Some(all.iter().map(|(key, it)| ((*key).to_owned(), Amount((*it).to_owned()))).collect())
    };
    let container = core::Container {
        name: "setup".to_owned(),
        image: Some(tier.image()),
        command: Some(vec![format!("{ETC}/setup.sh")]),
        env: Some(vec![pieces::env("KAFKA_HEAP_OPTS", "-Xmx128m"), pieces::env("LOG_DIR", "/tmp")]),
        resources: Some(core::ResourceRequirements {
            requests: amounts(&[("cpu", CPU), ("memory", MEMORY)]),
            limits: amounts(&[("memory", MEMORY)]),
            ..core::ResourceRequirements::default()
        }),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(mounts),
        ..core::Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: 30,
        volumes,
        containers: vec![container],
        ..Pod::default()
    }
}
