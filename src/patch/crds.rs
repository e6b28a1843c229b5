//! The definitions of kinds that the stack brings, so that objects of them are checked.

use std::collections::BTreeSet;

use super::codes;
use super::manifest::{fault, objects, other_version, place, value};
use crate::diag::{Diagnostic, Part, Sink, Sources};
use crate::document::{Document, Files};
use crate::k8s::schema::{Gap, Refused, Schemas};
use crate::resolve::Resolved;
use crate::syntax::Node;

/// What is known of the kinds of an environment: Kubernetes' own, and those of `crds`; reports definitions that the API server
/// would not take.
pub fn read(
    resolved: &Resolved,
    document: &Document,
    files: &dyn Files,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Schemas {
    let mut schemas = Schemas::new(resolved.stack.cluster.kubernetes.minor);
    for node in objects("crds", &resolved.stack.crds.0, document, files, sources, sink) {
        match schemas.define(&value(&node)) {
            Ok(gaps) => sink.extend(gaps.iter().map(|it| unchecked(&node, it))),
            Err(refused) => report(&node, refused, &schemas, sink),
        }
    }
    schemas
}

/// Takes the definitions that are among objects; reports those that the API server would not take, and says which of the
/// objects they are. A second one of a kind is left: that it is there twice is said of any object.
pub(super) fn given(nodes: &[Node], schemas: &mut Schemas, sink: &mut Sink) -> BTreeSet<usize> {
    let mut refused = BTreeSet::new();
    let mut names = BTreeSet::new();
    for (index, node) in nodes.iter().enumerate() {
        let text = |path: &[&str]| {
            path.iter()
                .try_fold(node, |node, key| node.get(key))
                .and_then(Node::as_scalar)
                .map(|it| &*it.text)
        };
        if text(&["kind"]) != Some(KIND) || !names.insert(text(&["metadata", "name"])) {
            continue;
        }
        match schemas.define(&value(node)) {
            Ok(gaps) => sink.extend(gaps.iter().map(|it| unchecked(node, it))),
            Err(Refused::Other) => {}
            Err(why) => {
                report(node, why, schemas, sink);
                refused.insert(index);
            }
        }
    }
    refused
}

const KIND: &str = "CustomResourceDefinition";

/// What of a definition nobody here checks, at its place.
fn unchecked(node: &Node, gap: &Gap) -> Diagnostic {
    let at = place(node, gap.path.as_deref().unwrap_or_default(), Part::Value);
    Diagnostic::at_span(&codes::NOT_CHECKED, at, format!("not checked: {}", gap.what))
        .note("the rest of the definition is, in each object of the kind")
}

fn report(node: &Node, refused: Refused, schemas: &Schemas, sink: &mut Sink) {
    match refused {
        Refused::Other => {
            let at = place(node, &["kind".to_owned()], Part::Value);
            let message = format!("this is no {KIND} of `apiextensions.k8s.io`");
            sink.push(
                Diagnostic::at_span(&codes::BAD_DEFINITION, at, message)
                    .help("objects that go to the cluster are in the files of `manifests`"),
            );
        }
        Refused::Elsewhere(elsewhere) => {
            let at = place(node, &["apiVersion".to_owned()], Part::Value);
            let message = format!("Kubernetes has no {KIND} of this API version");
            sink.push(other_version(&codes::BAD_DEFINITION, at, message, elsewhere));
        }
        Refused::Faulty(faults) => {
            sink.extend(faults.iter().map(|it| fault(&codes::BAD_DEFINITION, node, KIND, it, schemas)));
        }
    }
}
