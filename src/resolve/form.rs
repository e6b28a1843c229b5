//! What one component says must fit together, as far as its fields alone do not see to it.

use super::{Component, Resolved};
use crate::diag::{At, Diagnostic, Part, Sink};
use crate::model::Scale;
use crate::model::codes::NOT_ONE_OF;

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
}
