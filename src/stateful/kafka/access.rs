//! Who logs in, and what each may do.

use indexmap::IndexMap;
use schemars::JsonSchema;

use super::KafkaTier;
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::Named;
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::model::decode::Key;
use crate::model::macros::{model, words};
use crate::stateful::codes::LOGIN_IN_THE_CLEAR;
use crate::stateful::fields::SecretKey;

/// As whom the tier's own nodes log in to each other: it may do everything.
pub(super) const SUPER_USER: &str = "kafka";

words! {
    /// What may be done with a topic.
    pub enum KafkaTopicOperation {
        /// Reading records.
        "Read" Read,
        /// Writing records.
        "Write" Write,
        /// Making it.
        "Create" Create,
        /// Removing it.
        "Delete" Delete,
        /// Seeing that it is there; who may read, write, change or remove it may do so anyway.
        "Describe" Describe,
        /// Adding partitions.
        "Alter" Alter,
        /// Seeing its settings.
        "DescribeConfigs" DescribeConfigs,
        /// Changing its settings.
        "AlterConfigs" AlterConfigs,
        /// All of these.
        "All" All,
    }

    /// What may be done with a consumer group.
    pub enum KafkaGroupOperation {
        /// Being a member of it, and keeping offsets.
        "Read" Read,
        /// Seeing it.
        "Describe" Describe,
        /// Removing it.
        "Delete" Delete,
        /// All of these.
        "All" All,
    }

    /// What may be done with a transactional id.
    pub enum KafkaTransactionOperation {
        /// Running transactions with it.
        "Write" Write,
        /// Seeing its transactions.
        "Describe" Describe,
        /// All of these.
        "All" All,
    }

    /// What may be done with the cluster.
    pub enum KafkaClusterOperation {
        /// Making topics of any name.
        "Create" Create,
        /// Seeing it.
        "Describe" Describe,
        /// Changing access lists and users, and moving partitions.
        "Alter" Alter,
        /// Seeing settings of nodes.
        "DescribeConfigs" DescribeConfigs,
        /// Changing settings of nodes.
        "AlterConfigs" AlterConfigs,
        /// What nodes do.
        "ClusterAction" ClusterAction,
        /// Writing without duplicates, by clients older than 2.8.
        "IdempotentWrite" IdempotentWrite,
        /// All of these.
        "All" All,
    }
}

model! {
    /// A user that clients log in as; it may do only what is written here.
    pub struct KafkaUser {
        /// The password: printable ASCII without `"` and `\`.
        "password" password: SecretKey,
        /// What it may do with topics, by name; `*` at the end stands for the rest.
        "topics" topics: IndexMap<Pattern, Vec<KafkaTopicOperation>>,
        /// What it may do with consumer groups, by name; `*` at the end stands for the rest.
        "groups" groups: IndexMap<Pattern, Vec<KafkaGroupOperation>>,
        /// What it may do with transactional ids; `*` at the end stands for the rest.
        "transactionalIds" transactional_ids: IndexMap<Pattern, Vec<KafkaTransactionOperation>>,
        /// What it may do with the cluster itself.
        "cluster" cluster: Vec<KafkaClusterOperation>,
    }

    /// Who connects, and how.
    pub struct AccessFields {
        /// The certificate with which it serves: of the stack, or a secret with `tls.crt`, `tls.key` (PKCS#8) and `ca.crt`. Plain text without it.
        "certificate" certificate: Option<crate::model::Name>,
        /// Users, who log in with SCRAM-SHA-512; without any, nobody needs to log in.
        "users" users: Named<KafkaUser>,
        /// The password with which the nodes log in to each other, where users do; the operator gives them certificates instead.
        "interBrokerPassword" inter_broker_password: Option<SecretKey>,
    }
}

/// Names that an access list is for: one name, or all with a beginning, with `*` at the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// How Kafka calls the pattern, and its name.
    fn parts(&self) -> (PatternType, &str) {
        match self.0.strip_suffix('*') {
            Some(beginning) if !beginning.is_empty() => (PatternType::Prefixed, beginning),
            _ => (PatternType::Literal, &self.0),
        }
    }
}

impl Key for Pattern {
    fn key(text: &str) -> Result<Self, String> {
        let name = text.strip_suffix('*').unwrap_or(text);
        if text.is_empty() || text.len() > 249 || name.contains('*') || text.chars().any(char::is_control) {
            return Err(format!(
                "`{}` is no name, and no beginning of names with `*` at its end",
                text.escape_debug()
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl JsonSchema for Pattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "KafkaPattern".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^([^*]{1,249}|[^*]{0,248}\*)$" })
    }
}

/// Which names a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatternType {
    /// That one; or all, where it is `*`.
    Literal,
    /// Those that begin so.
    Prefixed,
}

/// What is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceType {
    Topic,
    Group,
    TransactionalId,
    Cluster,
}

/// What a user may do with some resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant<'a> {
    pub(super) resource: ResourceType,
    pub(super) pattern: PatternType,
    pub(super) name: &'a str,
    /// In Kafka's words.
    pub(super) operations: Vec<&'static str>,
}

impl KafkaUser {
    /// What it may do, in the order of the stack.
    pub(super) fn grants(&self) -> Vec<Grant<'_>> {
        fn of<T: Copy>(
            resource: ResourceType,
            map: &IndexMap<Pattern, Vec<T>>,
            word: fn(T) -> &'static str,
        ) -> impl Iterator<Item = Grant<'_>> {
            map.iter().map(move |(names, operations)| {
                let (pattern, name) = names.parts();
                Grant { resource, pattern, name, operations: operations.iter().copied().map(word).collect() }
            })
        }
        let mut found: Vec<_> = of(ResourceType::Topic, &self.topics, KafkaTopicOperation::as_str).collect();
        found.extend(of(ResourceType::Group, &self.groups, KafkaGroupOperation::as_str));
        found.extend(of(
            ResourceType::TransactionalId,
            &self.transactional_ids,
            KafkaTransactionOperation::as_str,
        ));
        if !self.cluster.is_empty() {
            found.push(Grant {
                resource: ResourceType::Cluster,
                pattern: PatternType::Literal,
                // Kafka's only name of a cluster.
                name: "kafka-cluster",
                operations: self.cluster.iter().map(|it| it.as_str()).collect(),
            });
        }
        found
    }
}

/// Reports what cannot work; `at` is the tier's place.
pub(super) fn check(tier: &KafkaTier, at: &Route, sink: &mut Sink) {
    let access = &tier.access;
    let password = access.inter_broker_password.is_some();
    if !access.users.is_empty() && !password && !tier.operated() {
        sink.push(
            Diagnostic::at_key(&MISSING_FIELD, at, "`users` without `interBrokerPassword`")
                .note("the nodes log in to each other, too: a listener that lets anybody in would make the users' logins worthless")
                .help("add `interBrokerPassword: { secret: NAME, key: KEY }`, with a secret that no client has"),
        );
    }
    if access.users.is_empty() && password {
        sink.push(
            Diagnostic::at_key(
                &MISSING_FIELD,
                &at.join("interBrokerPassword"),
                "`interBrokerPassword` without `users`",
            )
            .help("add `users`, or remove it: nodes log in where clients do"),
        );
    }
    if !access.users.is_empty() && access.certificate.is_none() {
        sink.push(
            Diagnostic::at_key(&LOGIN_IN_THE_CLEAR, &at.join("users"), "users log in over plain text")
                .note("records can be read on the way, and the nodes' own password, too")
                .help("add `certificate`; or accept this where a mesh encrypts what the tier's pods say"),
        );
    }
    for (name, user) in &access.users {
        let at = at.join("users").join(name.as_str());
        if name.as_str() == SUPER_USER {
            sink.push(
                Diagnostic::at_key(
                    &BAD_VALUE,
                    &at,
                    format!("`{SUPER_USER}` is the user of the nodes themselves"),
                )
                .note("it may do everything")
                .help("give the user another name"),
            );
        }
        let grants = user.grants();
        if grants.is_empty() {
            sink.push(
                Diagnostic::at_key(&MISSING_FIELD, &at, format!("the user `{name}` may do nothing"))
                    .help("add `topics` and `groups`, such as `topics: { orders: [Read] }`"),
            );
        }
        for (key, map) in [
            ("topics", without(&user.topics)),
            ("groups", without(&user.groups)),
            ("transactionalIds", without(&user.transactional_ids)),
        ] {
            for names in map {
                let message = format!("the user `{name}` may do nothing with `{}`", names.0);
                sink.push(
                    Diagnostic::at_key(&MISSING_FIELD, &at.join(key).join(&names.0), message)
                        .help("list operations, such as `[Read]`, or remove it"),
                );
            }
        }
    }
}

/// The names without any operation.
fn without<T>(map: &IndexMap<Pattern, Vec<T>>) -> Vec<&Pattern> {
    map.iter().filter(|(_, operations)| operations.is_empty()).map(|(names, _)| names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_beginnings_of_names() {
        let parts = |text: &str| {
            let pattern = Pattern::key(text).unwrap();
            let (kind, name) = pattern.parts();
            (kind, name.to_owned())
        };
        assert_eq!(parts("orders"), (PatternType::Literal, "orders".to_owned()));
        assert_eq!(parts("audit.*"), (PatternType::Prefixed, "audit.".to_owned()));
        assert_eq!(parts("*"), (PatternType::Literal, "*".to_owned()));
        for bad in ["", "a*b", "**", "a\nb", &"x".repeat(250)] {
            assert!(Pattern::key(bad).is_err(), "{bad:?}");
        }
    }
}
