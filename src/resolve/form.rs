//! What one component says must fit together, as far as its fields alone do not see to it.

use super::codes::NAME_TAKEN;
use super::{Component, Resolved};
use crate::diag::{At, Diagnostic, Part, Sink};
use crate::model::codes::NOT_ONE_OF;
use crate::model::{Promotion, Rollout, Scale};

/// Reports what does not fit.
pub(super) fn check(resolved: &Resolved, component: &Component, sink: &mut Sink) {
    let at = component.route();
    let per_node = resolved.service(component).is_some_and(|it| matches!(it.fields.scale, Scale::PerNode));
    if per_node && resolved.common(component).disruption.is_some() {
        let message = "one pod a node has no disruption budget";
        sink.push(
            Diagnostic::at_key(&NOT_ONE_OF, &at.join("disruption"), message)
                .also(At::Node(at.join("scale"), Part::Value), "one pod a node")
                .note("a drain leaves the pods of a DaemonSet where they are, and no budget counts them")
                .help("remove `disruption`; `rollout` says how many pods a new version may take at once"),
        );
    }
    let recreate =
        resolved.service(component).is_some_and(|it| matches!(it.fields.rollout, Some(Rollout::Recreate)));
    if per_node && recreate {
        let message = "one pod a node is not replaced all at once";
        sink.push(
            Diagnostic::at_value(&NOT_ONE_OF, &at.join("rollout"), message)
                .also(At::Node(at.join("scale"), Part::Value), "one pod a node")
                .note(
                    "on its node the old pod goes before the new one comes, unless `maxSurge` says otherwise",
                )
                .help("remove `rollout`, or say with `maxUnavailable` how many nodes at once"),
        );
    }
    if per_node && let Some(Rollout::Rolling(rolling)) = resolved.rollout(component) {
        let progress = [("canary", rolling.canary.is_some()), ("blue-green", rolling.blue_green.is_some())];
        for (word, _) in progress.into_iter().filter(|(_, written)| *written) {
            let message = "one pod a node has one version";
            sink.push(
                Diagnostic::at_key(&NOT_ONE_OF, &at.join("rollout").join(word), message)
                    .also(At::Node(at.join("scale"), Part::Value), "one pod a node")
                    .note("a second version would be a second pod on each node, and who asks the node's pod chooses none")
                    .help("remove it; `maxUnavailable` says how many nodes at once"),
            );
        }
    }
    if let Some(rollout) = resolved.rollout(component)
        && rollout.promoted().is_some()
        && rollout.rolling().is_some_and(|it| it.max_surge.is_some())
    {
        let message = "the new version comes whole, beside the old one";
        sink.push(
            Diagnostic::at_key(&NOT_ONE_OF, &at.join("rollout").join("maxSurge"), message)
                .also(At::Node(at.join("rollout").join("blue-green"), Part::Key), "all at once")
                .help("remove `maxSurge`; `previewReplicas` says how many pods the new version has before"),
        );
    }
    if let Some(promoted) = resolved.rollout(component).and_then(Rollout::promoted)
        && promoted.promotion == Promotion::Manual
        && promoted.after.is_some()
    {
        let at = at.join("rollout").join("blue-green");
        let message = "what a person lets happen does not happen after some time";
        sink.push(
            Diagnostic::at_key(&NOT_ONE_OF, &at.join("after"), message)
                .also(At::Node(at.join("promotion"), Part::Value), "a person")
                .help("remove `after`, or write `promotion: automatic`: a person may still be faster"),
        );
    }
    let containers = resolved.containers(component);
    for (index, one) in containers.clone().enumerate() {
        let Some(first) = containers.clone().take(index).find(|it| it.name == one.name) else { continue };
        let message = format!("two containers of the pod are named `{}`", one.name);
        sink.push(
            Diagnostic::at_key(&NAME_TAKEN, &one.at(), message)
                .also(At::Node(first.at(), Part::Key), "the other is declared here")
                .note("the main container has the component's name")
                .help("rename one of them"),
        );
    }
}
