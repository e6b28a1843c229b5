//! What builds images and what applies trees: what the stack tells them must fit the rest of it.

use super::{Resolved, codes};
use crate::diag::{At, Diagnostic, Part, Route, Sink, nearest};
use crate::model::codes::{BAD_VALUE, MISSING_FIELD};
use crate::model::{Destination, Gitops};

/// Reports what does not fit.
pub(super) fn check(resolved: &Resolved, sink: &mut Sink) {
    for (name, service) in &resolved.stack.services {
        let version = service.fields.build.as_ref().and_then(|it| it.version.as_ref());
        let Some(version) = version else { continue };
        let at = Route::of(&["services", name.as_str(), "build", "version"]);
        match resolved.versions.get(version) {
            None => {
                let known = resolved.versions.keys().map(String::as_str);
                let message = format!("the versions file has no entry `{version}`");
                let found = Diagnostic::at_value(&codes::UNKNOWN_NAME, &at, message);
                sink.push(match nearest(version, known) {
                    Some(near) => found.help(format!("write `{near}`")),
                    None => {
                        found.help("add it to the file under `versions`, and take the image's tag from it")
                    }
                });
            }
            Some(tag) if service.container.image.tag() == Some(tag.as_str()) => {}
            Some(_) => {
                let message =
                    format!("the image's tag is not that of `{version}`: a new build would not be deployed");
                sink.push(
                    Diagnostic::at_value(&BAD_VALUE, &at, message)
                        .also(At::Node(Route::of(&["services", name.as_str(), "image"]), Part::Value), "the image")
                        .help(format!("write `${{versions.{version}}}` for the image's tag, or name the entry that it is taken from")),
                );
            }
        }
    }
    if let Some(Gitops::ArgoCd(argo)) = &resolved.stack.gitops
        && let Destination::Clusters(clusters) = &argo.destination
    {
        let at = Route::of(&["gitops", "argocd", "destination", "clusters"]);
        if clusters.is_empty() {
            sink.push(Diagnostic::at_key(
                &MISSING_FIELD,
                &at,
                "no cluster is named, so nothing would be applied",
            ));
        }
        for (index, (name, server)) in clusters.iter().enumerate() {
            if let Some((first, _)) = clusters.iter().take(index).find(|(_, it)| *it == server) {
                let message = format!(
                    "`{first}` and `{name}` are one cluster: two Applications would own the same objects"
                );
                sink.push(
                    Diagnostic::at_value(&BAD_VALUE, &at.join(name.as_str()), message)
                        .also(At::Node(at.join(first.as_str()), Part::Value), "the same server"),
                );
            }
        }
    }
}
