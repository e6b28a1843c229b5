//! How KEDA asks brokers how far a consumer group is behind.

use indexmap::IndexMap;

use super::{CLIENT, KafkaTier, Topic, TopicName};
use crate::model::{SecretKey, Trigger};
use crate::stateful::{Asked, Declared, Gauge};

/// The oldest clients that brokers of Kafka 4 take (KIP-896). KEDA would be one of 1.0.
const VERSION: &str = "2.1.0";

/// How KEDA asks brokers of any make at a port for one of `topics`.
pub(in crate::stateful) fn of_topics(
    asked: &Asked<'_>,
    port: u16,
    topics: &IndexMap<TopicName, Topic>,
) -> Option<Gauge> {
    let Trigger::Kafka(_) = asked.trigger else { return None };
    Some(Gauge {
        kind: "kafka",
        ports: vec![port],
        parameters: vec![
            ("bootstrapServers", format!("{}:{port}", asked.host(asked.service))),
            ("version", VERSION.to_owned()),
        ],
        logins: Vec::new(),
        declared: vec![Declared {
            key: "topic",
            under: vec!["topics".to_owned()],
            names: topics.keys().map(|it| it.as_str().to_owned()).collect(),
        }],
    })
}

/// How KEDA asks a tier. The user is one of its own, whose name a secret must have: KEDA takes it from nowhere else.
pub(super) fn gauge(tier: &KafkaTier, asked: &Asked<'_>) -> Option<Gauge> {
    let mut gauge = of_topics(asked, CLIENT, &tier.fields.topics)?;
    let security = tier.security();
    if security.tls {
        gauge.parameters.push(("tls", "enable".to_owned()));
        let authority: Option<SecretKey> = tier.authority();
        gauge.logins.push(("ca", authority));
    }
    if security.login {
        gauge.parameters.push(("sasl", "scram_sha512".to_owned()));
        gauge.logins.extend([("username", None), ("password", None)]);
    }
    Some(gauge)
}
