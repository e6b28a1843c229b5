//! Units to files: the Kustomize tree, and the same objects as one stream.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::bundle::{Bundle, File};
use crate::emit::write_yaml;
use crate::k8s::kustomization::{ConfigMapGenerator, FileSource, Kustomization, SortOptions, SortOrder};
use crate::k8s::{Object, hash};
use crate::lower::Unit;

/// Puts units into files and a stream, one after the other, so that no more than one is held as objects.
#[derive(Debug, Default)]
pub struct Layout {
    bundle: Bundle,
    stream: String,
    folders: Vec<String>,
    /// Names of generated ConfigMaps with Kustomize's suffix, by namespace and name.
    suffixed: BTreeMap<(String, String), String>,
    objects: usize,
}

/// What a layout ends as.
#[derive(Debug)]
pub struct Laid {
    /// The tree.
    pub bundle: Bundle,
    /// The stream: equal to what Kustomize builds of the tree.
    pub stream: String,
    /// How many objects there are.
    pub objects: usize,
}

impl Layout {
    /// Adds a unit: its folder, its files, its part of the stream.
    pub fn add(&mut self, unit: Unit) {
        let Unit { folder, namespace, objects, files } = unit;
        let mut kustomization = Kustomization {
            sort_options: Some(SortOptions { order: SortOrder::Fifo }),
            ..Kustomization::default()
        };
        let nested = files.len() > 1;
        let mut maps = Vec::with_capacity(files.len());
        for set in files {
            let suffix = hash::config_map_suffix(&set.files, &BTreeMap::new());
            let name = format!("{}-{suffix}", set.name);
            self.suffixed.insert((namespace.clone(), set.name.clone()), name.clone());
            let mut sources = Vec::with_capacity(set.files.len());
            for (key, text) in &set.files {
                let path = if nested { format!("files/{}/{key}", set.name) } else { format!("files/{key}") };
                self.bundle.insert(format!("{folder}/{path}"), File { text: text.clone(), object: None });
                sources.push(FileSource { key: key.clone(), path });
            }
            kustomization.config_map_generator.push(ConfigMapGenerator {
                files: sources,
                literals: Vec::new(),
                name: set.name,
                namespace: Some(namespace.clone()),
                options: None,
            });
            maps.push(core::ConfigMap {
                metadata: ObjectMeta {
                    name: Some(name),
                    namespace: Some(namespace.clone()),
                    ..Default::default()
                },
                data: Some(set.files),
                ..Default::default()
            });
        }
        let names = file_names(&folder, &objects);
        for (mut object, name) in objects.into_iter().zip(names) {
            let text = yaml(&object);
            let id = object.id();
            if self.suffix(&mut object, id.namespace.as_deref()) {
                self.push(&yaml(&object));
            } else {
                self.push(&text);
            }
            self.bundle.insert(format!("{folder}/{name}"), File { text, object: Some(id.to_string()) });
            kustomization.resources.push(name);
        }
        for map in maps {
            self.push(&yaml(&map));
        }
        self.bundle.insert(
            format!("{folder}/kustomization.yaml"),
            File { text: yaml(&kustomization), object: None },
        );
        self.folders.push(folder);
    }

    /// The whole.
    #[must_use]
    pub fn finish(mut self) -> Laid {
        let root = Kustomization {
            resources: self.folders,
            sort_options: Some(SortOptions { order: SortOrder::Fifo }),
            ..Kustomization::default()
        };
        self.bundle.insert("kustomization.yaml", File { text: yaml(&root), object: None });
        Laid { bundle: self.bundle, stream: self.stream, objects: self.objects }
    }

    fn push(&mut self, text: &str) {
        if self.objects > 0 {
            self.stream.push_str("---\n");
        }
        self.stream.push_str(text);
        self.objects += 1;
    }

    /// Gives references to generated ConfigMaps their suffix, as Kustomize does; tells whether there were any.
    fn suffix(&self, object: &mut Object, namespace: Option<&str>) -> bool {
        let Some(spec) = object.pod_template_mut().and_then(|it| it.spec.as_mut()) else { return false };
        let namespace = namespace.unwrap_or_default().to_owned();
        let mut changed = false;
        let mut rename = |name: &mut String| {
            if let Some(suffixed) = self.suffixed.get(&(namespace.clone(), name.clone())) {
                name.clone_from(suffixed);
                changed = true;
            }
        };
        for volume in spec.volumes.iter_mut().flatten() {
            if let Some(map) = &mut volume.config_map {
                rename(&mut map.name);
            }
        }
        for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
            for variable in container.env.iter_mut().flatten() {
                if let Some(key) = variable.value_from.as_mut().and_then(|it| it.config_map_key_ref.as_mut())
                {
                    rename(&mut key.name);
                }
            }
        }
        changed
    }
}

/// `deployment.yaml`, and `service-postgres-headless.yaml` where a folder has several of a kind.
fn file_names(folder: &str, objects: &[Object]) -> Vec<String> {
    let parts: Vec<(String, String, String)> = objects
        .iter()
        .map(|it| {
            let id = it.id();
            (it.file_stem(), id.name, id.namespace.unwrap_or_default())
        })
        .collect();
    let mut stems: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (stem, name, _) in &parts {
        *stems.entry(stem).or_default() += 1;
        *named.entry((stem, name)).or_default() += 1;
    }
    parts
        .iter()
        .map(|(stem, name, namespace)| {
            if stems[stem.as_str()] == 1 || name == folder {
                format!("{stem}.yaml")
            } else if named[&(stem.as_str(), name.as_str())] == 1 {
                format!("{stem}-{name}.yaml")
            } else {
                format!("{stem}-{namespace}-{name}.yaml")
            }
        })
        .collect()
}

fn yaml<T: serde::Serialize>(value: &T) -> String {
    let mut text = String::with_capacity(2048);
    write_yaml(&mut text, value)
        .expect("objects hold strings, whole numbers and booleans, which all have a YAML form");
    text
}
