//! Units to files: the Kustomize tree, and the same objects as one stream.

mod compose;
mod folders;
pub mod gitops;
mod health;
mod pull_requests;
mod rollouts;
mod suffix;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::bundle::{Bundle, File, Said};
use crate::compose::Project;
use crate::emit::write_yaml;
use crate::k8s::crd::flux::kustomization::HealthCheck;
use crate::k8s::kustomization::{
    ConfigMapGenerator, FileSource, GeneratorOptions, Kustomization, SortOptions, SortOrder,
};
use crate::k8s::{Object, ObjectId, hash};
use crate::lower::folder::STAGES;
use crate::lower::{Generated, Stage, Unit};
use crate::resolve::Phase;

pub use compose::{COMPOSE_FILE, ENV_FILE, EXAMPLE_FILE, project};
pub use folders::Folders;
use suffix::suffix;

/// What to make of the objects. A form is as large as the whole output, so only the one that is asked for is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The tree of files.
    Tree,
    /// The tree of files with what makes a value of each, where it is compared with another.
    Values,
    /// One stream of documents: equal to what Kustomize builds of the tree.
    Stream,
    /// Only their number, where findings are all that is wanted.
    Count,
    /// The objects themselves, for what is decided from all of them together.
    Objects,
}

/// The output in the form that was asked for.
#[derive(Debug)]
pub enum Output {
    /// See [`Form::Tree`].
    Tree(Bundle),
    /// See [`Form::Stream`].
    Stream(String),
    /// See [`Form::Count`].
    Count,
    /// See [`Form::Objects`]; without the ConfigMaps that Kustomize makes from files.
    Objects(Vec<Object>),
    /// The same of a Compose project.
    Project(Box<Project>),
}

/// What a layout ends as.
#[derive(Debug)]
pub struct Laid {
    /// The text.
    pub output: Output,
    /// How many objects there are.
    pub objects: usize,
    /// The name of the tree's folder.
    pub folder: String,
    /// How custom resources of the tree say that they are healthy.
    pub health: BTreeSet<HealthCheck>,
    /// What stands beside the tree, for the tool that applies it, and the name of its folder.
    pub beside: Option<(String, Bundle)>,
}

/// Units as text. It keeps nothing but the names that others share, so that many can be printed at a time.
#[derive(Debug)]
pub struct Printer {
    form: Form,
    staged: bool,
    /// Generated ConfigMaps that no component owns. In a tree with stages those only: several components share them, and
    /// Kustomize renames within one build only.
    shared: Suffixed,
}

/// What some units become.
#[derive(Debug)]
pub struct Piece {
    output: Output,
    folders: Vec<(String, Phase)>,
    objects: usize,
    health: BTreeSet<HealthCheck>,
}

/// Puts pieces together, one after the other, so that no more than a few units are held as objects.
#[derive(Debug)]
pub struct Layout {
    form: Form,
    whole: Piece,
    stages: &'static [Stage],
}

/// Bytes of a component's objects, generously: a stream that grows is copied again and again.
const A_COMPONENT: usize = 8 * 1024;

/// Names of generated ConfigMaps with Kustomize's suffix, by namespace and name.
type Suffixed = BTreeMap<(String, String), String>;

impl Printer {
    /// Knows of nothing that is shared.
    #[must_use]
    pub fn new(form: Form, stages: &'static [Stage]) -> Self {
        Self { form, staged: !stages.is_empty(), shared: Suffixed::new() }
    }

    /// Notes what units that are printed later may refer to: a unit that no component owns.
    pub fn share(&mut self, unit: &Unit) {
        if self.form == Form::Stream || matches!(self.form, Form::Tree | Form::Values) && self.staged {
            self.shared.extend(suffixed_names(unit));
        }
    }

    /// A unit as text. A job whose container runs in the pods of others has no objects, and no folder.
    #[must_use]
    pub fn print(&self, mut unit: Unit) -> Piece {
        let objects = unit.objects.len() + unit.files.len();
        let mut piece = Piece { objects, ..Piece::new(self.form, objects.min(1)) };
        if objects == 0 {
            return piece;
        }
        match &mut piece.output {
            Output::Tree(bundle) => {
                piece.health.extend(unit.objects.iter().filter_map(health::check));
                for object in &mut unit.objects {
                    suffix(&[&self.shared], object);
                }
                piece.folders.push((unit.folder.clone(), unit.phase));
                add_files(bundle, unit, &self.shared, self.form);
            }
            Output::Stream(stream) => add_documents(stream, unit, &self.shared),
            Output::Count | Output::Project(_) => {}
            Output::Objects(objects) => objects.extend(unit.objects),
        }
        piece
    }
}

impl Piece {
    /// Nothing yet, with room for that many components.
    fn new(form: Form, components: usize) -> Self {
        let output = match form {
            Form::Tree | Form::Values => Output::Tree(Bundle::default()),
            Form::Stream => Output::Stream(String::with_capacity(components * A_COMPONENT)),
            Form::Count => Output::Count,
            Form::Objects => Output::Objects(Vec::new()),
        };
        Self { output, folders: Vec::new(), objects: 0, health: BTreeSet::new() }
    }
}

impl Layout {
    /// An empty layout for about that many components, applied in these stages.
    #[must_use]
    pub fn new(form: Form, components: usize, stages: &'static [Stage]) -> Self {
        Self { form, whole: Piece::new(form, components), stages }
    }

    /// Adds a piece of the same form.
    pub fn add(&mut self, piece: Piece) {
        let Piece { output, folders, objects, health } = piece;
        match (&mut self.whole.output, output) {
            (Output::Tree(bundle), Output::Tree(files)) => bundle.extend(files),
            (Output::Stream(stream), Output::Stream(documents)) => {
                if !stream.is_empty() && !documents.is_empty() {
                    stream.push_str("---\n");
                }
                stream.push_str(&documents);
            }
            (Output::Objects(all), Output::Objects(some)) => all.extend(some),
            _ => {}
        }
        self.whole.folders.extend(folders);
        self.whole.objects += objects;
        self.whole.health.extend(health);
    }

    /// The whole, for a folder of this name.
    #[must_use]
    pub fn finish(self, folder: &str) -> Laid {
        let Piece { mut output, folders, objects, health } = self.whole;
        if let Output::Tree(bundle) = &mut output {
            let mut files = Texts::new(self.form);
            write_stages(bundle, self.stages, &folders, &mut files);
            let resources = folders.into_iter().map(|(folder, _)| folder).collect();
            let root = Kustomization { resources, ..kustomization() };
            bundle.insert("kustomization.yaml", files.file(&root));
        }
        Laid { output, objects, folder: folder.to_owned(), health, beside: None }
    }
}

/// The folder of a unit.
fn add_files(bundle: &mut Bundle, unit: Unit, fixed: &Suffixed, form: Form) {
    let mut files = Texts::new(form);
    let references = rollouts::references(&unit);
    let Unit { folder, shared, objects, files: sets, .. } = unit;
    let mut kustomization = kustomization();
    for (Generated { namespace, set, annotations }, place) in sets.iter().zip(file_folders(&sets)) {
        let mut sources = Vec::with_capacity(set.files.len());
        for (key, text) in &set.files {
            let path = format!("{place}/{key}");
            bundle.insert(format!("{folder}/{path}"), File { text: text.clone(), ..File::default() });
            sources.push(FileSource { key: key.clone(), path });
        }
        let name = fixed.get(&(namespace.clone(), set.name.clone()));
        kustomization.config_map_generator.push(ConfigMapGenerator {
            files: sources,
            literals: Vec::new(),
            name: name.unwrap_or(&set.name).clone(),
            namespace: Some(namespace.clone()),
            options: (!annotations.is_empty() || name.is_some()).then(|| GeneratorOptions {
                annotations: annotations.clone(),
                disable_name_suffix_hash: name.is_some(),
                ..GeneratorOptions::default()
            }),
        });
    }
    let ids: Vec<ObjectId> = objects.iter().map(Object::id).collect();
    let names = file_names(&folder, shared, &objects, &ids);
    for ((object, id), name) in objects.into_iter().zip(ids).zip(names) {
        bundle.insert(format!("{folder}/{name}"), files.object(object, &id));
        kustomization.resources.push(name);
    }
    if let Some(references) = references {
        kustomization.configurations.push(rollouts::REFERENCES.to_owned());
        bundle.insert(format!("{folder}/{}", rollouts::REFERENCES), files.file(&references));
    }
    bundle.insert(format!("{folder}/kustomization.yaml"), files.file(&kustomization));
}

/// Where the files of each ConfigMap are: `files` where there is one, else a folder below it for each.
fn file_folders(files: &[Generated]) -> Vec<String> {
    let one = |it: &Generated| {
        let (name, namespace) = (&it.set.name, &it.namespace);
        if files.len() == 1 {
            "files".to_owned()
        } else if files.iter().filter(|it| it.set.name == *name).count() == 1 {
            format!("files/{name}")
        } else {
            format!("files/{namespace}/{name}")
        }
    };
    files.iter().map(one).collect()
}

/// The part of a unit in the stream.
fn add_documents(stream: &mut String, unit: Unit, shared: &Suffixed) {
    let own: Suffixed = suffixed_names(&unit).collect();
    let Unit { objects, files, .. } = unit;
    let mut maps = Vec::with_capacity(files.len());
    for Generated { namespace, set, annotations } in files {
        let name = own.get(&(namespace.clone(), set.name));
        maps.push(core::ConfigMap {
            metadata: ObjectMeta {
                annotations: (!annotations.is_empty()).then_some(annotations),
                name: name.cloned(),
                namespace: Some(namespace),
                ..Default::default()
            },
            data: Some(set.files),
            ..Default::default()
        });
    }
    for mut object in objects {
        suffix(&[&own, shared], &mut object);
        push(stream, &object);
    }
    for map in maps {
        push(stream, &map);
    }
}

/// Writes a folder for each part, which names the folders that it holds.
fn write_stages(bundle: &mut Bundle, stages: &[Stage], folders: &[(String, Phase)], files: &mut Texts) {
    for stage in stages {
        let held = folders.iter().filter(|(_, phase)| stage.holds(*phase));
        let resources = held.map(|(folder, _)| format!("../../{folder}")).collect();
        let root = Kustomization { resources, ..kustomization() };
        bundle.insert(format!("{STAGES}/{}/kustomization.yaml", stage.folder), files.file(&root));
    }
}

/// The names that Kustomize gives the ConfigMaps of a unit.
fn suffixed_names(unit: &Unit) -> impl Iterator<Item = ((String, String), String)> {
    unit.files.iter().map(|Generated { namespace, set, .. }| {
        let name = format!("{}-{}", set.name, hash::config_map_suffix(&set.files, &BTreeMap::new()));
        ((namespace.clone(), set.name.clone()), name)
    })
}

fn kustomization() -> Kustomization {
    Kustomization { sort_options: Some(SortOptions { order: SortOrder::Fifo }), ..Kustomization::default() }
}

/// `deployment.yaml`, and where a folder has several of a kind, `headless-service.yaml` for what is called after the folder
/// (`postgres-headless`) and `service-other.yaml` for the rest. In the folder of several components, the short name is that
/// of the one it is named after.
fn file_names(folder: &str, shared: bool, objects: &[Object], ids: &[ObjectId]) -> Vec<String> {
    let file_stems: Vec<String> = objects.iter().map(Object::file_stem).collect();
    let mut stems: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (stem, id) in file_stems.iter().zip(ids) {
        *stems.entry(stem).or_default() += 1;
        *named.entry((stem, &id.name)).or_default() += 1;
    }
    let one = |(stem, id): (&String, &ObjectId)| {
        let (name, namespace) = (&id.name, id.namespace.as_deref().unwrap_or_default());
        let only = named[&(stem.as_str(), name.as_str())] == 1;
        if only && (name == folder || stems[stem.as_str()] == 1 && !shared) {
            format!("{stem}.yaml")
        } else if let Some(rest) =
            name.strip_prefix(folder).and_then(|it| it.strip_prefix('-')).filter(|_| only)
        {
            format!("{rest}-{stem}.yaml")
        } else if only {
            format!("{stem}-{name}.yaml")
        } else {
            format!("{stem}-{namespace}-{name}.yaml")
        }
    };
    file_stems.iter().zip(ids).map(one).collect()
}

/// Makes files of values.
struct Texts {
    /// Reused, so that every file is kept in no more memory than it has bytes.
    scratch: String,
    values: bool,
}

impl Texts {
    fn new(form: Form) -> Self {
        Self { scratch: String::new(), values: form == Form::Values }
    }

    fn text<T: serde::Serialize>(&mut self, value: &T) -> String {
        self.scratch.clear();
        write(&mut self.scratch, value);
        self.scratch.as_str().to_owned()
    }

    /// What is no object of the tree.
    fn file<T: serde::Serialize>(&mut self, it: &T) -> File {
        let value = self.values.then(|| {
            let value = serde_json::to_value(it);
            let value = value.expect("objects hold strings, whole numbers and booleans, by texts");
            Said::new(move || value.clone())
        });
        File { text: self.text(it), value, ..File::default() }
    }

    fn object(&mut self, object: Object, id: &ObjectId) -> File {
        let (text, id) = (self.text(&object), Some(id.to_string()));
        let value = self.values.then(|| Said::new(move || object.to_value()));
        File { text, object: id, value, public: false }
    }
}

fn push<T: serde::Serialize>(stream: &mut String, value: &T) {
    if !stream.is_empty() {
        stream.push_str("---\n");
    }
    write(stream, value);
}

fn write<T: serde::Serialize>(out: &mut String, value: &T) {
    write_yaml(out, value)
        .expect("objects hold strings, whole numbers and booleans, which all have a YAML form");
}
