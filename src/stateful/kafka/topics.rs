//! The Job that makes the declared topics.

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Amount;
use serde::Serialize;

use super::node::ETC;
use super::{CLIENT, KafkaTier, settings};
use crate::stateful::{TierContext, pieces, render};
use crate::workload::{Budget, ConfigFiles, Controller, Part, Pod, Workload};

/// What the Job's container asks for and may use: a Java tool at a time, with a heap of 128 MiB.
const MEMORY: &str = "320Mi";
const CPU: &str = "100m";

#[derive(Serialize)]
struct Context<'a> {
    bootstrap: String,
    topics: Vec<TopicContext<'a>>,
}

#[derive(Serialize)]
struct TopicContext<'a> {
    name: &'a str,
    partitions: u32,
    replicas: u32,
    config: Vec<String>,
}

/// The Job and its file; none where no topic is declared.
pub(super) fn job(tier: &KafkaTier, cx: &TierContext<'_>) -> Option<(Part, ConfigFiles)> {
    if tier.fields.topics.is_empty() {
        return None;
    }
    let name = format!("{}-topics", cx.name);
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
    let context = Context {
        bootstrap: format!("{}.{}.svc.{}:{CLIENT}", cx.name, cx.namespace, cx.cluster.domain),
        topics: topics.collect(),
    };
    let script =
        render("kafka/topics.sh.j2", include_str!("../../../templates/kafka/topics.sh.j2"), &context);
    let files = ConfigFiles { name: name.clone(), files: [("topics.sh".to_owned(), script)].into() };
    let workload = Workload {
        pod: pod(tier, &name),
        name,
        part: Some("topics"),
        controller: Controller::Job { retries: 6 },
    };
    Some((Part { workload, services: Vec::new(), budget: Budget::None }, files))
}

fn pod(tier: &KafkaTier, name: &str) -> Pod {
    let user = tier.fields.version.user();
    let amounts = |all: &[(&str, &str)]| {
        Some(all.iter().map(|(key, it)| ((*key).to_owned(), Amount((*it).to_owned()))).collect())
    };
    let container = core::Container {
        name: "topics".to_owned(),
        image: Some(tier.image()),
        command: Some(vec![format!("{ETC}/topics.sh")]),
        env: Some(vec![pieces::env("KAFKA_HEAP_OPTS", "-Xmx128m"), pieces::env("LOG_DIR", "/tmp")]),
        resources: Some(core::ResourceRequirements {
            requests: amounts(&[("cpu", CPU), ("memory", MEMORY)]),
            limits: amounts(&[("memory", MEMORY)]),
            ..core::ResourceRequirements::default()
        }),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![pieces::read_only("config", ETC), pieces::mount("tmp", "/tmp")]),
        ..core::Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: 30,
        volumes: vec![pieces::config("config", name, &[], Some(0o555)), pieces::scratch("tmp", 64)],
        containers: vec![container],
        ..Pod::default()
    }
}
