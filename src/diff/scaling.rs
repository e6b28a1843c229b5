//! Whose number of pods somebody else decides.

use std::collections::BTreeMap;

use super::object::Item;
use crate::k8s::scale::{self, Scaled};

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
            // Others need not be read.
            if !scale::is_autoscaler(&item.id.kind) {
                return None;
            }
            let Scaled { kind, name, least, most } = scale::read(&item.id.kind, item.value())?;
            Some(((item.text("/metadata/namespace").to_owned(), kind, name), (least, most)))
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
