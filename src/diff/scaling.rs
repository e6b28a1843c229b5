//! Whose number of pods somebody else decides.

use std::collections::BTreeMap;

use serde_json::Value;

use super::object::Item;

/// The least and the most pods of workloads that an autoscaler looks after, by namespace, kind and name.
#[derive(Debug, Default)]
pub(super) struct Scaling {
    ranges: Ranges,
    /// Those of before, where they are known.
    earlier: Ranges,
}

/// By namespace, kind and name.
type Ranges = BTreeMap<(String, String, String), (u64, u64)>;

impl Scaling {
    /// Reads autoscalers: `HorizontalPodAutoscaler`s and the `ScaledObject`s of KEDA, with the defaults of both.
    pub(super) fn read(items: &[Item]) -> Self {
        let one = |item: &Item| {
            let keda = item.id.kind == "ScaledObject";
            if !keda && item.id.kind != "HorizontalPodAutoscaler" {
                return None;
            }
            let number = |pointer: &str| item.at(pointer).and_then(Value::as_u64);
            let range = if keda {
                (number("/spec/minReplicaCount").unwrap_or(0), number("/spec/maxReplicaCount").unwrap_or(100))
            } else {
                (number("/spec/minReplicas").unwrap_or(1), number("/spec/maxReplicas")?)
            };
            let kind = Some(item.text("/spec/scaleTargetRef/kind"))
                .filter(|it| !it.is_empty())
                .unwrap_or("Deployment");
            let name = item.text("/spec/scaleTargetRef/name");
            Some(((item.text("/metadata/namespace").to_owned(), kind.to_owned(), name.to_owned()), range))
        };
        Self { ranges: items.iter().filter_map(one).collect(), earlier: Ranges::new() }
    }

    /// With the autoscalers of before.
    pub(super) fn since(mut self, before: &Self) -> Self {
        self.earlier.clone_from(&before.ranges);
        self
    }

    /// Whether the same workloads are kept in the same ranges now, whatever was before.
    pub(super) fn keeps_what(&self, other: &Self) -> bool {
        self.ranges == other.ranges
    }

    /// The range of a workload; none where nobody scales it.
    pub(super) fn of(&self, item: &Item) -> Option<(u64, u64)> {
        look_up(&self.ranges, item)
    }

    /// The range that it had before.
    pub(super) fn was(&self, item: &Item) -> Option<(u64, u64)> {
        look_up(&self.earlier, item)
    }
}

fn look_up(ranges: &Ranges, item: &Item) -> Option<(u64, u64)> {
    let namespace = item.text("/metadata/namespace").to_owned();
    ranges.get(&(namespace, item.id.kind.to_string(), item.id.name.clone())).copied()
}
