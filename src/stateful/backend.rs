//! Engines that no operator runs here, and why.

use std::sync::Arc;

use super::codes::IMPOSSIBLE_TOPOLOGY;
use super::{ENGINES, Engine};
use crate::diag::{Diagnostic, and_list};
use crate::model::decode::Cx;
use crate::syntax::{Kind, Node};

/// The field that says who runs the pods.
const FIELD: &str = "backend";

/// Engines without the field, sorted by kind, with why. What was looked at, with sources: `docs/engines/intro.md`.
static WITHOUT: [(&str, &str); 12] = [
    (
        "cassandra",
        "its operator runs images of its own, which carry its management API, and its API is in beta",
    ),
    (
        "clickhouse",
        "of its two operators, the makers' has an API in alpha; the other needs two resources and names of its own",
    ),
    ("custom", "an operator runs one engine, and any image may be meant here"),
    ("etcd", "its operator is before 1.0, with an API in alpha"),
    ("minio", "its operator is of a maker that publishes no images of the server any more"),
    (
        "mongodb",
        "its operator runs all tiers of a namespace as one ServiceAccount, which may read every Secret there",
    ),
    ("nats", "its makers advise against their operator"),
    ("openbao", "the operators of it have APIs in alpha"),
    ("redpanda", "the API of its operator is in alpha, and is the values of a Helm chart"),
    ("seaweedfs", "its operator makes the same pods, and adds nothing to what Raft does by itself"),
    ("valkey", "its operator is before 1.0, with an API in alpha"),
    ("vault", "its operator has an API in alpha, and keeps the unseal keys and the root token itself"),
];

/// Reports the field where the engine does not have it; gives what is left of the mapping then, so that all else is read.
pub(super) fn without(engine: &dyn Engine, node: &Node, cx: &Cx<'_>) -> Option<Node> {
    let map = node.as_map()?;
    let entry = map.get(FIELD)?;
    let (kind, why) = WITHOUT.iter().find(|(kind, _)| *kind == engine.kind())?;
    let others = ENGINES.iter().filter(|it| it.keys().contains(&FIELD)).map(|it| it.kind());
    cx.push(
        Diagnostic::at_span(&IMPOSSIBLE_TOPOLOGY, entry.value.span, format!("`{kind}` has no `{FIELD}`"))
            .note(*why)
            .help(format!("remove it: the pods are written here; an operator can run {}", and_list(others))),
    );
    let mut left = map.clone();
    left.shift_remove(FIELD);
    Some(Node { kind: Kind::Map(Arc::new(left)), ..node.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stateful::testing;

    #[test]
    fn every_engine_has_the_field_or_a_reason() {
        for engine in ENGINES {
            let reasons = WITHOUT.iter().filter(|(kind, _)| *kind == engine.kind()).count();
            let fields = engine.keys().iter().filter(|it| **it == FIELD).count();
            assert_eq!(reasons + fields, 1, "{}", engine.kind());
        }
        assert!(WITHOUT.is_sorted_by_key(|(kind, _)| *kind));
    }

    #[test]
    fn the_rest_of_the_tier_is_read() {
        let (tier, found) = testing::decode("{ kind: etcd, backend: operator, storage: 1Gi, replica: 3 }");
        let found: Vec<_> = found.iter().map(|it| (it.code.id, it.message.as_str())).collect();
        let expected = [("SG303", "`etcd` has no `backend`"), ("SG101", "unknown field `replica`")];
        assert_eq!(found, expected);
        assert!(tier.is_some());
    }

    #[test]
    fn the_help_names_the_engines_that_have_it() {
        let (_, found) = testing::decode("{ kind: nats, backend: plain, storage: 1Gi }");
        assert_eq!(found.len(), 1, "{found:?}");
        let help = format!("{:?}", found[0]);
        assert!(help.contains("`kafka`, `postgres`, `rabbitmq` and `redis`"), "{help}");
    }
}
