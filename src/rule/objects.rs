//! Objects as somebody wrote them, for the rules that need no stack.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize as _;
use serde_json::Value;

use super::{ALL, Check};
use crate::diag::{At, Code, Diagnostic, Sink};
use crate::k8s::Object;
use crate::k8s::labels::POD_NAME;
use crate::k8s::reach::{Policies, groups, takes};
use crate::patch::manifest::Manifest;

/// The namespace of an object that names none, where nobody says another.
pub(super) const DEFAULT: &str = "default";

/// Runs the rules on objects that are applied together.
pub fn written(manifests: &[Manifest], sink: &mut Sink) {
    let values: Vec<Value> = manifests.iter().map(Manifest::value).collect();
    let objects = Objects::new(manifests, &values);
    for object in &objects.all {
        for check in ALL.iter().flat_map(|it| it.checks()) {
            if let Check::Written(check) = check {
                check(&objects, object, sink);
            }
        }
    }
}

/// Objects that are applied together.
#[derive(Debug)]
pub struct Objects<'a> {
    pub(super) all: Vec<Written<'a>>,
    /// Namespace and labels of pods that operators make of the objects.
    operated: Vec<(String, BTreeMap<String, String>)>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// The whole of it.
    pub(super) root: Spot<'a>,
    /// The group of its kind; empty for Kubernetes' own.
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    /// Its namespace; that of an object that names none is [`DEFAULT`], also where its kind is in none.
    pub(super) namespace: &'a str,
}

/// A value of an object and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spot<'a> {
    manifest: &'a Manifest,
    steps: Vec<String>,
    /// Null where nothing is written.
    pub(super) value: &'a Value,
}

/// The pods that an object makes or is.
#[derive(Clone, Debug)]
pub(super) struct Pods<'a> {
    pub(super) template: Spot<'a>,
    pub(super) spec: Spot<'a>,
    pub(super) labels: BTreeMap<String, String>,
}

/// A container of them.
#[derive(Clone, Debug)]
pub(super) struct Container<'a> {
    pub(super) spot: Spot<'a>,
    pub(super) name: &'a str,
    /// Whether it ends before the others begin.
    pub(super) init: bool,
}

impl<'a> Objects<'a> {
    fn new(manifests: &'a [Manifest], values: &'a [Value]) -> Self {
        let one = |(manifest, value): (&'a Manifest, &'a Value)| {
            let root = Spot { manifest, steps: Vec::new(), value };
            let api_version = root.below("apiVersion").text();
            Written {
                group: api_version.split_once('/').map_or("", |it| it.0),
                kind: root.below("kind").text(),
                name: root.below("metadata.name").text(),
                namespace: root.below("metadata.namespace").text_or(DEFAULT),
                root,
            }
        };
        let typed: Vec<Object> = manifests.iter().map(|it| it.object.clone()).collect();
        let groups = groups(&typed, &Policies::default()).into_iter();
        Self {
            all: manifests.iter().zip(values).map(one).collect(),
            operated: groups.map(|it| (it.pod.namespace, it.pod.labels)).collect(),
        }
    }

    /// Those of a kind in a namespace.
    pub(super) fn of<'b>(
        &'b self,
        kind: &'b str,
        namespace: &'b str,
    ) -> impl Iterator<Item = &'b Written<'a>> {
        self.all.iter().filter(move |it| it.kind == kind && it.namespace == namespace)
    }

    /// One of them.
    pub(super) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Written<'a>> {
        self.all.iter().find(|it| it.kind == kind && it.namespace == namespace && it.name == name)
    }

    /// What makes or is pods in a namespace, with them.
    pub(super) fn workloads<'b>(
        &'b self,
        namespace: &'b str,
    ) -> impl Iterator<Item = (&'b Written<'a>, Pods<'a>)> {
        self.all.iter().filter(move |it| it.namespace == namespace).filter_map(|it| Some((it, it.pods()?)))
    }

    /// Whether a selector takes pods of a namespace.
    pub(super) fn selects(&self, namespace: &str, selector: &LabelSelector) -> bool {
        let asked = selector.match_labels.as_ref().and_then(|it| it.get(POD_NAME));
        self.workloads(namespace).any(|(object, mut pods)| {
            // Its controller gives each pod the label.
            let own =
                |it: &&String| object.kind == "StatefulSet" && it.starts_with(&format!("{}-", object.name));
            pods.labels.extend(asked.filter(own).map(|it| (POD_NAME.to_owned(), it.clone())));
            takes(selector, &pods.labels)
        }) || self.operated.iter().any(|(of, labels)| of == namespace && takes(selector, labels))
    }

    /// The Services whose selector takes these pods.
    pub(super) fn serving<'b>(
        &'b self,
        namespace: &'b str,
        pods: &'b Pods<'a>,
    ) -> impl Iterator<Item = &'b Written<'a>> {
        self.of("Service", namespace).filter(|it| {
            let selector = it.root.below("spec.selector").labels();
            !selector.is_empty() && selector.iter().all(|(key, value)| pods.labels.get(key) == Some(value))
        })
    }

    /// The fewest pods that a workload runs: what its autoscaler says, else its own number.
    pub(super) fn fewest(&self, of: &Written<'_>) -> Option<i64> {
        let Some(scaler) = self.scaler(of) else { return of.replicas() };
        let [hpa, keda] =
            ["spec.minReplicas", "spec.minReplicaCount"].map(|it| scaler.root.below(it).value.as_i64());
        // Without a word, an HPA keeps one pod, and KEDA none.
        hpa.or(keda).or((scaler.kind == "HorizontalPodAutoscaler").then_some(1))
    }

    /// The autoscaler of an object.
    pub(super) fn scaler(&self, of: &Written<'_>) -> Option<&Written<'a>> {
        self.all.iter().filter(|it| it.namespace == of.namespace).find(|it| {
            let target = it.root.below("spec.scaleTargetRef");
            let kind =
                target.below("kind").text_or(if it.kind == "ScaledObject" { "Deployment" } else { "" });
            matches!(it.kind, "HorizontalPodAutoscaler" | "ScaledObject")
                && kind == of.kind
                && target.below("name").text() == of.name
        })
    }
}

impl<'a> Written<'a> {
    /// Where it is called.
    pub(super) fn named(&self) -> Spot<'a> {
        self.root.below("metadata.name")
    }

    /// Whether it is of a kind of a group.
    pub(super) fn is(&self, group: &str, kind: &str) -> bool {
        self.kind == kind && self.group == group
    }

    /// `Deployment web`.
    pub(super) fn title(&self) -> String {
        format!("{} `{}`", self.kind, self.name)
    }

    /// Where its kind has the template of pods, by keys parted by dots; none where it makes none.
    pub(super) fn template(&self) -> Option<&'static str> {
        match (self.group, self.kind) {
            ("", "Pod") => Some(""),
            ("", "PodTemplate") => Some("template"),
            ("", "ReplicationController")
            | ("apps" | "extensions", "DaemonSet" | "Deployment" | "ReplicaSet" | "StatefulSet")
            | ("batch", "Job")
            | ("apps.openshift.io", "DeploymentConfig")
            | ("argoproj.io", "Rollout") => Some("spec.template"),
            ("batch", "CronJob") => Some("spec.jobTemplate.spec.template"),
            _ => None,
        }
    }

    /// The pods that it makes or is.
    pub(super) fn pods(&self) -> Option<Pods<'a>> {
        let path = self.template()?;
        let template = if path.is_empty() { self.root.clone() } else { self.root.below(path) };
        template.value.as_object()?;
        let spec = template.below("spec");
        let labels = template.below("metadata.labels").labels();
        Some(Pods { template, spec, labels })
    }

    /// The fewest pods that it keeps; none where that is not a number of it.
    pub(super) fn replicas(&self) -> Option<i64> {
        matches!(
            self.kind,
            "Deployment"
                | "StatefulSet"
                | "ReplicaSet"
                | "ReplicationController"
                | "DeploymentConfig"
                | "Rollout"
        )
        .then(|| self.root.below("spec.replicas").value.as_i64().unwrap_or(1))
    }
}

impl<'a> Pods<'a> {
    /// All containers, those that run before the others first.
    pub(super) fn containers(&self) -> Vec<Container<'a>> {
        let list = |key: &str, early: bool| {
            let one = move |spot: Spot<'a>| {
                let init = early && spot.below("restartPolicy").text() != "Always";
                Container { name: spot.below("name").text(), init, spot }
            };
            self.spec.below(key).items().into_iter().map(one)
        };
        list("initContainers", true).chain(list("containers", false)).collect()
    }

    /// What containers mount of their node: container, mount and path of the node.
    pub(super) fn host_mounts(&self) -> Vec<(Container<'a>, Spot<'a>, &'a str)> {
        let volumes = self.spec.below("volumes").items();
        let path = |name: &str| {
            let volume = volumes.iter().find(|it| it.below("name").text() == name)?;
            Some(volume.below("hostPath.path").text()).filter(|it| !it.is_empty())
        };
        let mut found = Vec::new();
        for container in self.containers() {
            for mount in container.spot.below("volumeMounts").items() {
                if let Some(path) = path(mount.below("name").text()) {
                    found.push((container.clone(), mount, path));
                }
            }
        }
        found
    }

    /// The same, as Kubernetes types them; none where it would not read them.
    pub(super) fn typed(&self) -> Option<PodTemplateSpec> {
        PodTemplateSpec::deserialize(self.template.value).ok()
    }
}

impl<'a> Spot<'a> {
    /// What is at keys below, parted by dots.
    pub(super) fn below(&self, path: &str) -> Self {
        path.split('.').fold(self.clone(), |at, key| at.key(key))
    }

    /// What is at a key.
    pub(super) fn key(&self, key: &str) -> Self {
        let value = self.value.get(key).unwrap_or(&Value::Null);
        self.step(key.to_owned(), value)
    }

    fn step(&self, step: String, value: &'a Value) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { manifest: self.manifest, steps, value }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Vec<Self> {
        let all = self.value.as_array().into_iter().flatten().enumerate();
        all.map(|(index, it)| self.step(index.to_string(), it)).collect()
    }

    /// The entries of a mapping.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let all = self.value.as_object().into_iter().flatten();
        all.map(|(key, it)| (key.as_str(), self.step(key.clone(), it))).collect()
    }

    /// The text; empty where it is none.
    pub(super) fn text(&self) -> &'a str {
        self.text_or("")
    }

    /// The text; `other` where it is none.
    pub(super) fn text_or(&self, other: &'a str) -> &'a str {
        self.value.as_str().filter(|it| !it.is_empty()).unwrap_or(other)
    }

    /// The texts of a list.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> + Clone + use<'a> {
        self.value.as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether it is written.
    pub(super) fn is_written(&self) -> bool {
        !self.value.is_null()
    }

    /// Whether it is `true`.
    pub(super) fn is_true(&self) -> bool {
        self.value == &Value::Bool(true)
    }

    /// The texts of a mapping.
    pub(super) fn labels(&self) -> BTreeMap<String, String> {
        let all = self.value.as_object().into_iter().flatten();
        all.filter_map(|(key, it)| Some((key.clone(), it.as_str()?.to_owned()))).collect()
    }

    /// The selector of labels; none where it is not written, or is none.
    pub(super) fn selector(&self) -> Option<LabelSelector> {
        self.value.is_object().then(|| LabelSelector::deserialize(self.value).ok())?
    }

    /// The place, or what is nearest to it.
    pub(super) fn at(&self) -> At {
        At::Span(self.manifest.place(&self.steps))
    }

    /// The place of a value below it by steps.
    pub(super) fn place(&self, steps: &[String]) -> At {
        At::Span(self.manifest.place(&[&self.steps, steps].concat()))
    }

    /// A finding at it.
    pub(super) fn found(&self, code: &'static Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.at(), message)
    }
}
