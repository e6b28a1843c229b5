//! Which part of the stack a file that pods see comes from.

use crate::diag::Route;
use crate::document::Document;
use crate::syntax::{Kind, Node};

/// The part of a component behind a key of the ConfigMap made for it: the mounted file of that name or whose source has it,
/// else a mounted folder, else what the component has of files or settings.
pub(super) fn origin(document: &Document, component: &Route, key: &str) -> Route {
    let files = component.join("files");
    if let Some(map) = document.find(&files).and_then(Node::as_map) {
        let fits = |path: &str, node: &Node| {
            let named =
                |it: &str| it.rsplit('/').next().is_some_and(|it| it == key || it == format!("{key}.j2"));
            named(path) || sources(node).into_iter().any(|it| named(&it))
        };
        let folder = |entry: &Node| entry.get("folder").is_some();
        let found = map.iter().find(|(path, entry)| fits(path, &entry.value));
        if let Some((path, _)) = found.or_else(|| map.iter().find(|(_, entry)| folder(&entry.value))) {
            return files.join(path);
        }
    }
    let parts = ["files", "config"].map(|it| component.join(it));
    parts.into_iter().find(|it| document.find(it).is_some()).unwrap_or_else(|| component.clone())
}

/// The paths that a mounted file is read from.
fn sources(node: &Node) -> Vec<String> {
    match &node.kind {
        Kind::Scalar(scalar) => vec![scalar.text.to_string()],
        _ => ["file", "template"]
            .iter()
            .filter_map(|it| Some(node.get(it)?.as_scalar()?.text.to_string()))
            .collect(),
    }
}
