//! The definitions of kinds that the stack brings, so that objects of them are checked.

use super::codes;
use super::manifest::{fault, objects, other_version, place, value};
use crate::diag::{Diagnostic, Part, Sink, Sources};
use crate::document::{Document, Files};
use crate::k8s::schema::{Refused, Schemas};
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
            Ok(()) => {}
            Err(refused) => report(&node, refused, sink),
        }
    }
    schemas
}

fn report(node: &Node, refused: Refused, sink: &mut Sink) {
    let kind = "CustomResourceDefinition";
    match refused {
        Refused::Other => {
            let at = place(node, &["kind".to_owned()], Part::Value);
            let message = format!("this is no {kind} of `apiextensions.k8s.io`");
            sink.push(
                Diagnostic::at_span(&codes::BAD_DEFINITION, at, message)
                    .help("objects that go to the cluster are in the files of `manifests`"),
            );
        }
        Refused::Elsewhere(elsewhere) => {
            let at = place(node, &["apiVersion".to_owned()], Part::Value);
            let message = format!("Kubernetes has no {kind} of this API version");
            sink.push(other_version(&codes::BAD_DEFINITION, at, message, elsewhere));
        }
        Refused::Faulty(faults) => {
            sink.extend(faults.iter().map(|it| fault(&codes::BAD_DEFINITION, node, kind, it)));
        }
    }
}
