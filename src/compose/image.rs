//! Images whose tags are from the versions file: that file can be given to Compose, too.

use std::collections::BTreeMap;

use crate::diag::{Route, Sources};
use crate::document::Document;
use crate::resolve::{Component, Resolved};
use crate::syntax::reference::{Piece, pieces};

/// The entries of the versions file that are in the image of each container, by its place.
#[derive(Debug, Default)]
pub struct Images(BTreeMap<Route, Vec<(String, String)>>);

impl Images {
    /// Reads how images are written.
    #[must_use]
    pub fn read(resolved: &Resolved, document: &Document, sources: &Sources) -> Self {
        let mut found = Self::default();
        let mut read = |of: &Route, at: &Route| {
            let Some(node) = document.find(at).filter(|it| it.as_scalar().is_some()) else { return };
            let text = sources.text(node.span.file).get(node.span.range()).unwrap_or_default();
            let version = |piece: Piece| {
                let Piece::Reference(steps, _) = piece else { return None };
                let [section, name] = <[String; 2]>::try_from(steps).ok()?;
                let value = resolved.versions.get(&name).filter(|_| section == "versions")?.clone();
                Some((name, value))
            };
            let known: Vec<_> = pieces(text).unwrap_or_default().into_iter().filter_map(version).collect();
            if !known.is_empty() {
                found.0.insert(of.clone(), known);
            }
        };
        for component in resolved.components.values() {
            let at = component.route();
            read(at, &at.join("version"));
            read(at, &at.join("image"));
            for one in resolved.containers(component) {
                read(&one.at(), &one.at().join("image"));
            }
        }
        let probes = probes();
        read(&probes, &probes);
        found
    }

    /// An image of a component, with the versions as variables. `container` is its name in the pod.
    pub(super) fn of(
        &self,
        resolved: &Resolved,
        component: &Component,
        container: &str,
        image: &str,
    ) -> String {
        let described = resolved.containers(component).find(|it| it.name.as_str() == container);
        let at = described.map_or_else(|| component.route().clone(), |it| it.at());
        self.at(&at, image)
    }

    /// The image of the probes.
    pub(super) fn of_probes(&self, image: &str) -> String {
        self.at(&probes(), image)
    }

    fn at(&self, at: &Route, image: &str) -> String {
        let mut out = image.to_owned();
        for (name, version) in self.0.get(at).into_iter().flatten() {
            // The tag stands last, and no value is put into another.
            if let Some(start) = out.rfind(version.as_str()).filter(|it| !out[*it..].contains('}')) {
                out.replace_range(start..start + version.len(), &format!("${{{name}:-{version}}}"));
            }
        }
        out
    }
}

fn probes() -> Route {
    Route::of(&["compose", "probes"])
}
