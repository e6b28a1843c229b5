//! The Job that makes the declared topics.

use k8s_openapi::api::core::v1::Container;
use serde::Serialize;

use super::{KAFKA, RedpandaTier};
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::codes::BAD_VALUE;
use crate::stateful::setting::{Kind, Known};
use crate::stateful::{TierContext, pieces, render};
use crate::workload::{Budget, ConfigFiles, Controller, Part, Pod, Run, Workload};

const FOLDER: &str = "/etc/redpanda-topics";

/// Settings of a topic (<https://docs.redpanda.com/current/reference/properties/topic-properties/>).
static KNOWN: Known = Known {
    kinds: &[
        ("cleanup.policy", Kind::Word(&["delete", "compact", "compact,delete", "delete,compact"])),
        ("compression.type", Kind::Word(&["gzip", "snappy", "lz4", "zstd", "none", "producer"])),
        ("max.message.bytes", Kind::Integer),
        ("message.timestamp.type", Kind::Word(&["CreateTime", "LogAppendTime"])),
        ("retention.bytes", Kind::Integer),
        ("retention.ms", Kind::Integer),
        ("segment.bytes", Kind::Integer),
        ("segment.ms", Kind::Integer),
        ("write.caching", Kind::Word(&["true", "false"])),
    ],
    reserved: &[("replication.factor", "use `replicas`")],
};

#[derive(Serialize)]
struct Context<'a> {
    brokers: String,
    topics: Vec<TopicContext<'a>>,
}

#[derive(Serialize)]
struct TopicContext<'a> {
    name: &'a str,
    partitions: u32,
    replicas: u32,
    config: Vec<String>,
}

/// Reports topics that cannot be; `at` is their place.
pub(super) fn check(tier: &RedpandaTier, at: &Route, sink: &mut Sink) {
    for (name, topic) in &tier.fields.topics {
        let at = at.join(name.as_str());
        if topic.partitions == 0 {
            let message = "a topic has one partition at least";
            sink.push(Diagnostic::at_value(&BAD_VALUE, &at.join("partitions"), message));
        }
        if let Some(copies) = topic.replicas {
            super::check::replication("replicas", copies, tier.fields.replicas, &at.join("replicas"), sink);
        }
        KNOWN.check(&topic.config, &at.join("config"), sink);
    }
}

/// The Job and its file; none where no topic is declared.
pub(super) fn job(tier: &RedpandaTier, cx: &TierContext<'_>) -> Option<(Part, ConfigFiles)> {
    if tier.fields.topics.is_empty() {
        return None;
    }
    let name = format!("{}-topics", cx.name);
    let topics = tier.fields.topics.iter().map(|(name, topic)| TopicContext {
        name: name.as_str(),
        partitions: topic.partitions,
        replicas: topic.replicas.unwrap_or_else(|| tier.copies()),
        config: topic.config.iter().map(|(name, it)| format!("{}={}", name.as_str(), it.text())).collect(),
    });
    let context = Context { brokers: format!("{}:{}", cx.service_host(), KAFKA.1), topics: topics.collect() };
    let script = include_str!("../../../templates/redpanda/topics.sh.j2");
    let script = render("redpanda/topics.sh.j2", script, &context);
    let files = ConfigFiles { name: name.clone(), files: [("topics.sh".to_owned(), script)].into() };
    let workload = Workload {
        pod: pod(tier, &name),
        name,
        part: Some("topics"),
        controller: Controller::Job(Run::until_done(6)),
    };
    Some((Part { workload, services: Vec::new(), budget: Budget::None }, files))
}

fn pod(tier: &RedpandaTier, name: &str) -> Pod {
    let user = tier.fields.version.user();
    let container = Container {
        name: "topics".to_owned(),
        image: Some(tier.fields.version.image(tier.fields.image.as_ref())),
        command: Some(vec![format!("{FOLDER}/topics.sh")]),
        // rpk looks for its own configuration there.
        env: Some(vec![pieces::env("HOME", "/tmp")]),
        resources: Some(pieces::small()),
        security_context: Some(pieces::security(user)),
        volume_mounts: Some(vec![pieces::read_only("config", FOLDER), pieces::mount("tmp", "/tmp")]),
        ..Container::default()
    };
    Pod {
        security: pieces::pod_security(user),
        grace: 30,
        volumes: vec![pieces::config("config", name, &[], Some(0o555)), pieces::scratch("tmp", 64)],
        containers: vec![container],
        ..Pod::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_sorted() {
        assert!(KNOWN.kinds.is_sorted_by_key(|it| it.0));
    }
}
