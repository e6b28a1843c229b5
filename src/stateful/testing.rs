//! What the tests of engines do with a tier that is written as a stack writes it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeMap;

use super::{AnyTier, Development, Plan, TierContext};
use crate::diag::{At, Diagnostic, Part, Route, Sink, Sources};
use crate::model::Cluster;
use crate::model::decode::{Cx, Decode as _, Place};

/// The tier, and what is said of it while it is read.
pub(super) fn decode(yaml: &str) -> (Option<AnyTier>, Vec<Diagnostic>) {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("stack.yaml", yaml);
    let node = crate::syntax::parse::parse(&sources, file, &mut sink).unwrap();
    let tier = AnyTier::decode(Place { node: &node, key: node.span }, &Cx::new(&sources, &mut sink));
    (tier, sink.findings().to_vec())
}

/// Anything else of a stack that reads without a finding.
#[track_caller]
pub(super) fn read<T: crate::model::decode::Decode>(yaml: &str) -> T {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add("stack.yaml", yaml);
    let node = crate::syntax::parse::parse(&sources, file, &mut sink).unwrap();
    let found = T::decode(Place { node: &node, key: node.span }, &Cx::new(&sources, &mut sink));
    assert_eq!(sink.findings(), []);
    found.unwrap()
}

/// A tier that reads without a finding.
#[track_caller]
pub(super) fn tier(yaml: &str) -> AnyTier {
    let (tier, found) = decode(yaml);
    assert_eq!(found, []);
    tier.unwrap()
}

/// What runs, as `NAME` in the namespace `data`.
#[track_caller]
pub(super) fn lower(name: &str, yaml: &str) -> Plan {
    within(name, |cx| tier(yaml).0.lower(&cx))
}

/// The node for development, as `NAME`.
#[track_caller]
pub(super) fn development(name: &str, yaml: &str) -> Plan {
    within(name, |tier_context| {
        let cx = Development { tier: tier_context, published: &[], host: "localhost".to_owned() };
        tier(yaml).0.development(&cx).unwrap().plan(name, None)
    })
}

/// Gives what a tier may know of where it is.
fn within<T>(name: &str, of: impl FnOnce(TierContext<'_>) -> T) -> T {
    let cluster = Cluster::standard();
    of(TierContext {
        name,
        adopted: None,
        namespace: "data",
        cluster: &cluster,
        service_account: name,
        selector: &BTreeMap::new(),
        pods: &crate::stateful::PodTraits::default(),
        bound: None,
        files: &BTreeMap::new(),
    })
}

/// The code and place of all that `check` reports, one a line.
#[track_caller]
pub(super) fn findings(yaml: &str) -> String {
    let mut sink = Sink::default();
    tier(yaml).0.check(&Route::of(&["it"]), &Cluster::standard(), &mut sink);
    let line = |it: &Diagnostic| {
        let At::Node(route, part) = &it.primary.at else { panic!("{it:?}") };
        let part = if *part == Part::Key { " (key)" } else { "" };
        format!("{} {}{part}", it.code.id, route.as_str().trim_start_matches("/it/"))
    };
    sink.findings().iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The variables of the first container of a part that have a text.
pub(super) fn env(plan: &Plan, part: usize) -> BTreeMap<&str, &str> {
    let env = plan.parts[part].workload.pod.containers[0].env.iter().flatten();
    env.filter_map(|it| Some((it.name.as_str(), it.value.as_deref()?))).collect()
}

/// Every mount has its volume, and every volume of a `ConfigMap` is one of the plan's.
#[track_caller]
pub(super) fn mounts_are_whole(plan: &Plan) {
    for part in &plan.parts {
        let pod = &part.workload.pod;
        for mount in pod.containers.iter().flat_map(|it| it.volume_mounts.iter().flatten()) {
            let found = mount.name == "data" || pod.volumes.iter().any(|it| it.name == mount.name);
            assert!(found, "{}", mount.name);
        }
        for map in pod.volumes.iter().filter_map(|it| it.config_map.as_ref()) {
            assert!(plan.files.iter().any(|it| it.name == map.name), "{}", map.name);
        }
    }
}

/// The image, user and mount of the data of the first part: what a row of a table decides.
pub(super) fn row(plan: &Plan) -> (&str, Option<i64>, &str) {
    let container = &plan.parts[0].workload.pod.containers[0];
    let mount = container.volume_mounts.iter().flatten().find(|it| it.name == "data").unwrap();
    let user = container.security_context.as_ref().unwrap().run_as_user;
    (container.image.as_deref().unwrap(), user, &mount.mount_path)
}
