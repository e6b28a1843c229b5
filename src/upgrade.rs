//! What the change from one description of a stack to another means for the data that its tiers keep.

use crate::model::Name;
use crate::stack::Stack;
use crate::stateful::AnyTier;
use crate::stateful::upgrade::{Change, changes};

/// What became of a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TierChange {
    /// It is described no more: its claims stay in the cluster, and nothing uses them.
    Gone,
    /// It is described otherwise, and that says something of its data.
    Changed(Vec<Change>),
}

/// What becomes of the data of each tier of `before`, in its order; tiers of which nothing is to be said are left out. Both
/// are stacks of one environment. Backends, versions, numbers and claims are compared, not what they are lowered to.
#[must_use]
pub fn between(before: &Stack, after: &Stack) -> Vec<(Name, TierChange)> {
    let change = |(name, old): (&Name, &AnyTier)| {
        let Some(new) = after.stateful.get(name) else {
            let keeps = !old.0.storages().is_empty();
            return keeps.then(|| (name.clone(), TierChange::Gone));
        };
        let found = changes(old, new);
        (!found.is_empty()).then(|| (name.clone(), TierChange::Changed(found)))
    };
    before.stateful.iter().filter_map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Sink, Sources};
    use crate::model::decode::{Cx, Decode as _, Place};
    use crate::stateful::upgrade::What;

    fn stack(tiers: &str) -> Stack {
        let (mut sources, mut sink) = (Sources::default(), Sink::default());
        let file = sources.add("stack.yaml", format!("stackgen: 1\nstack: it\nstateful:\n{tiers}"));
        let node = crate::syntax::parse::parse(&sources, file, &mut sink).unwrap();
        let stack = Stack::decode(Place { node: &node, key: node.span }, &Cx::new(&sources, &mut sink));
        assert_eq!(sink.findings(), []);
        stack.unwrap()
    }

    #[test]
    fn tiers_are_compared_by_name() {
        let secret = "password: { secret: db, key: password }";
        let before = stack(&format!(
            "  b: {{ kind: etcd, version: v3.5.16, storage: 2Gi }}\n  \
             a: {{ kind: postgres, version: 16-alpine, storage: 5Gi, {secret} }}\n  \
             cache: {{ kind: valkey, mode: cache, {secret} }}\n  same: {{ kind: etcd, storage: 2Gi }}\n"
        ));
        let after = stack(&format!(
            "  a: {{ kind: postgres, version: 17-alpine, storage: 1Gi, {secret} }}\n  \
             same: {{ kind: etcd, storage: 2Gi }}\n  new: {{ kind: etcd, storage: 2Gi }}\n"
        ));
        let found = between(&before, &after);
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a"], "a cache keeps nothing, and what is new has nothing yet");
        assert_eq!(found[0].1, TierChange::Gone);
        let TierChange::Changed(changes) = &found[1].1 else { panic!("{found:?}") };
        assert!(matches!(
            changes.iter().map(|it| &it.what).collect::<Vec<_>>()[..],
            [What::MajorUpgrade(_), What::ShrinkingClaim(_)]
        ));
        assert_eq!(between(&after, &after), []);
    }
}
