//! Objects as somebody wrote them, for the rules that need no stack.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Deserialize as _;
use serde_json::Value;

use super::{ALL, Check, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Sink};
use crate::k8s::Object;
use crate::k8s::labels::POD_NAME;
use crate::k8s::reach::{Policies, groups, takes};
use crate::patch::manifest::Manifest;

/// The namespace of an object that names none, where nobody says another.
pub(super) const DEFAULT: &str = "default";

/// Runs the rules on objects that are applied together.
pub fn written(manifests: &[Manifest], sink: &mut Sink) {
    let typed: Vec<Object> = manifests.iter().map(|it| it.object.clone()).collect();
    let values: Vec<Value> = manifests.iter().map(Manifest::value).collect();
    let objects = Objects::new(&typed, manifests.iter().map(Source::File).zip(&values));
    objects.check(&objects.all, ALL, sink);
}

/// Objects that are applied together.
#[derive(Debug)]
pub struct Objects<'a> {
    pub(super) all: Vec<Written<'a>>,
    /// By group and kind.
    kinds: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// By group, kind and namespace.
    local: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    /// The first by group, kind, namespace and name.
    named: BTreeMap<(&'a str, &'a str, &'a str, &'a str), usize>,
    /// What makes or is pods, by namespace.
    workloads: BTreeMap<&'a str, Vec<usize>>,
    /// The same, by namespace and a label of the pods.
    labelled: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    /// Services by namespace and the first label that they select by.
    services: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    /// The first autoscaler by namespace, and by group, kind and name of what it scales.
    scalers: BTreeMap<(&'a str, Target<'a>), usize>,
    /// Namespace and labels of pods that operators make of the objects.
    operated: Vec<(String, BTreeMap<String, String>)>,
}

/// Group, kind and name of what an autoscaler scales.
pub(super) type Target<'a> = (&'a str, &'a str, &'a str);

/// One of them.
#[derive(Clone, Debug)]
pub struct Written<'a> {
    /// The whole of it.
    pub(super) root: Spot<'a>,
    /// The group of its kind; empty for Kubernetes' own.
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    /// Its name, or how it begins where the API server makes the rest.
    pub(super) name: &'a str,
    /// Its namespace; that of an object that names none is [`DEFAULT`], also where its kind is in none.
    pub(super) namespace: &'a str,
    pods: Option<Pods<'a>>,
    taking: Option<LabelSelector>,
}

/// What an object comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// Somebody wrote it.
    File(&'a Manifest),
    /// It is made here, of what is at a place of the stack.
    Stack(&'a Route),
}

/// A value of an object and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spot<'a> {
    source: Source<'a>,
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
}

impl<'a> Objects<'a> {
    /// Those of some sources, with the same in their types.
    pub(super) fn new(typed: &[Object], all: impl Iterator<Item = (Source<'a>, &'a Value)>) -> Self {
        let groups = groups(typed, &Policies::default()).into_iter();
        let mut objects = Self {
            all: all.map(|(it, value)| Written::new(it, value)).collect(),
            kinds: BTreeMap::new(),
            local: BTreeMap::new(),
            named: BTreeMap::new(),
            workloads: BTreeMap::new(),
            labelled: BTreeMap::new(),
            services: BTreeMap::new(),
            scalers: BTreeMap::new(),
            operated: groups.map(|it| (it.pod.namespace, it.pod.labels)).collect(),
        };
        for (index, it) in objects.all.iter().enumerate() {
            objects.kinds.entry((it.group, it.kind)).or_default().push(index);
            objects.local.entry((it.group, it.kind, it.namespace)).or_default().push(index);
            objects.named.entry((it.group, it.kind, it.namespace, it.name)).or_insert(index);
            if let Some(pods) = it.pods() {
                objects.workloads.entry(it.namespace).or_default().push(index);
                for (key, value) in pods.template.below("metadata.labels").pairs() {
                    objects.labelled.entry((it.namespace, key, value)).or_default().push(index);
                }
            }
            let first =
                if it.is("", "Service") { it.root.below("spec.selector").pairs().next() } else { None };
            if let Some((key, value)) = first {
                objects.services.entry((it.namespace, key, value)).or_default().push(index);
            }
            if let Some(target) = it.scales() {
                objects.scalers.entry((it.namespace, target)).or_insert(index);
            }
        }
        objects
    }

    /// Runs some rules on some of them.
    pub(super) fn check(&self, some: &[Written<'a>], rules: &[&Rule], sink: &mut Sink) {
        for object in some.iter().filter(|it| !self.makes(it)) {
            for check in rules.iter().flat_map(|it| it.checks()) {
                if let Check::Written(check) = check {
                    check(self, object, sink);
                }
            }
        }
    }

    fn at<'b>(
        &'b self,
        found: Option<&'b Vec<usize>>,
    ) -> impl Iterator<Item = &'b Written<'a>> + use<'a, 'b> {
        found.into_iter().flatten().map(|it| &self.all[*it])
    }

    /// Those of a kind of a group.
    pub(super) fn all_of<'b>(
        &'b self,
        group: &'b str,
        kind: &'b str,
    ) -> impl Iterator<Item = &'b Written<'a>> {
        self.at(self.kinds.get(&(group, kind)))
    }

    /// Those of a kind of a group in a namespace.
    pub(super) fn of<'b>(
        &'b self,
        group: &'b str,
        kind: &'b str,
        namespace: &'b str,
    ) -> impl Iterator<Item = &'b Written<'a>> {
        self.at(self.local.get(&(group, kind, namespace)))
    }

    /// One of them: the first of its name.
    pub(super) fn find(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<&Written<'a>> {
        self.named.get(&(group, kind, namespace, name)).map(|it| &self.all[*it])
    }

    /// The groups of all.
    pub(super) fn groups<'b>(&'b self) -> impl Iterator<Item = &'a str> + use<'a, 'b> {
        self.kinds.keys().map(|it| it.0)
    }

    /// Whether the controller of one of them made an object: what is wrong with it is wrong with that one.
    fn makes(&self, object: &Written<'_>) -> bool {
        let owners = object.root.below("metadata.ownerReferences").items();
        owners.iter().filter(|it| it.below("controller").is_true()).any(|it| {
            let [version, kind, name] = ["apiVersion", "kind", "name"].map(|key| it.below(key).text());
            self.find(group(version), kind, object.namespace, name).is_some()
        })
    }

    /// What makes or is pods of a namespace that a selector takes.
    pub(super) fn taken<'b>(
        &'b self,
        namespace: &'b str,
        selector: &'b LabelSelector,
    ) -> impl Iterator<Item = &'b Written<'a>> {
        let labels = selector.match_labels.as_ref();
        let candidates = match labels.and_then(BTreeMap::last_key_value) {
            // The controller of a StatefulSet gives its pods this one.
            Some((key, value)) if !labels.is_some_and(|it| it.contains_key(POD_NAME)) => {
                self.labelled.get(&(namespace, key.as_str(), value.as_str()))
            }
            _ => self.workloads.get(namespace),
        };
        self.at(candidates).filter(|it| it.makes(selector))
    }

    /// Whether a selector takes pods of a namespace.
    pub(super) fn selects(&self, namespace: &str, selector: &LabelSelector) -> bool {
        self.taken(namespace, selector).next().is_some()
            || self.operated.iter().any(|(of, labels)| of == namespace && takes(selector, labels))
    }

    /// Whether a selector takes pods of any of some namespaces.
    pub(super) fn selects_among(&self, selector: &LabelSelector, among: impl Fn(&str) -> bool) -> bool {
        let operated =
            self.operated.iter().map(|it| it.0.as_str()).filter(|it| !self.workloads.contains_key(it));
        let mut namespaces = self.workloads.keys().copied().chain(operated);
        namespaces.any(|it| among(it) && self.selects(it, selector))
    }

    /// The Services whose selector takes these pods.
    pub(super) fn serving<'b>(
        &'b self,
        namespace: &'b str,
        pods: &'b Pods<'a>,
    ) -> impl Iterator<Item = &'b Written<'a>> {
        let found = pods
            .labels
            .iter()
            .filter_map(move |(key, value)| self.services.get(&(namespace, key.as_str(), value.as_str())));
        found.flatten().map(|it| &self.all[*it]).filter(|it| {
            let mut selector = it.root.below("spec.selector").pairs();
            selector.all(|(key, value)| pods.labels.get(key).is_some_and(|it| it == value))
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
        self.scalers.get(&(of.namespace, (of.group, of.kind, of.name))).map(|it| &self.all[*it])
    }
}

impl<'a> Written<'a> {
    fn new(source: Source<'a>, value: &'a Value) -> Self {
        let root = Spot { source, steps: Vec::new(), value };
        let mut object = Self {
            group: group(root.below("apiVersion").text()),
            kind: root.below("kind").text(),
            name: root.below("metadata.name").text_or(root.below("metadata.generateName").text()),
            namespace: root.below("metadata.namespace").text_or(DEFAULT),
            pods: None,
            taking: None,
            root,
        };
        object.pods = object.read_pods();
        object.taking = match (object.group, object.kind) {
            ("policy", "PodDisruptionBudget") => object.root.below("spec.selector").selector(),
            ("networking.k8s.io" | "extensions", "NetworkPolicy") => {
                object.root.below("spec.podSelector").selector()
            }
            ("cilium.io", "CiliumNetworkPolicy") => object.root.below("spec.endpointSelector").selector(),
            _ => None,
        };
        object
    }

    /// Whether it makes pods that a selector takes.
    fn makes(&self, selector: &LabelSelector) -> bool {
        let Some(pods) = self.pods() else { return false };
        let asked = selector.match_labels.as_ref().and_then(|it| it.get(POD_NAME));
        match asked.filter(|it| self.kind == "StatefulSet" && it.starts_with(&format!("{}-", self.name))) {
            None => takes(selector, &pods.labels),
            // Its controller gives each pod the label.
            Some(name) => {
                let mut labels = pods.labels.clone();
                labels.insert(POD_NAME.to_owned(), name.clone());
                takes(selector, &labels)
            }
        }
    }

    /// Whether it is a budget or policy whose selector takes these pods.
    pub(super) fn takes(&self, pods: &Pods<'_>) -> bool {
        self.taking.as_ref().is_some_and(|it| takes(it, &pods.labels))
    }

    /// Where an autoscaler says what it scales; none of what is no autoscaler.
    pub(super) fn target(&self) -> Option<(Spot<'a>, Target<'a>)> {
        let (path, kind) = match (self.group, self.kind) {
            ("autoscaling", "HorizontalPodAutoscaler") => ("spec.scaleTargetRef", ""),
            ("keda.sh", "ScaledObject") => ("spec.scaleTargetRef", "Deployment"),
            ("autoscaling.k8s.io", "VerticalPodAutoscaler") => ("spec.targetRef", ""),
            _ => return None,
        };
        let target = self.root.below(path);
        let kind = target.below("kind").text_or(kind);
        // What no autoscaler says, Kubernetes would not find: the kind is meant.
        let unsaid = if kind == "ReplicationController" { "v1" } else { "apps/v1" };
        let name = target.below("name");
        let group = group(target.below("apiVersion").text_or(unsaid));
        Some((name.clone(), (group, kind, name.text())))
    }

    /// What it scales the number of pods of.
    fn scales(&self) -> Option<Target<'a>> {
        self.target().filter(|_| self.kind != "VerticalPodAutoscaler").map(|it| it.1)
    }

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
    pub(super) fn pods(&self) -> Option<&Pods<'a>> {
        self.pods.as_ref()
    }

    fn read_pods(&self) -> Option<Pods<'a>> {
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

/// The group of an API version; empty for Kubernetes' own.
fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |it| it.0)
}

impl<'a> Pods<'a> {
    /// All containers, those that run before the others first.
    pub(super) fn containers(&self) -> Vec<Container<'a>> {
        let one = |spot: Spot<'a>| Container { name: spot.below("name").text(), spot };
        let list = |key: &str| self.spec.below(key).items().into_iter().map(one);
        list("initContainers").chain(list("containers")).collect()
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

impl<'a> Container<'a> {
    /// Its command, its arguments and the values of its variables.
    pub(super) fn told(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let [command, args] = ["command", "args"].map(|it| self.spot.below(it));
        let variables = self.spot.below("env").items().into_iter().map(|it| it.below("value").text());
        command.texts().chain(args.texts()).chain(variables)
    }

    /// The ports that its probes ask, each with the key of its probe.
    pub(super) fn asked(&self) -> Vec<(&'static str, Spot<'a>)> {
        let mut found = Vec::new();
        for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let probe = self.spot.below(key);
            let ports = ["grpc.port", "httpGet.port", "tcpSocket.port"].map(|it| probe.below(it));
            found.extend(ports.into_iter().filter(Spot::is_written).map(|it| (key, it)));
        }
        found
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
        Self { source: self.source, steps, value }
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
        self.pairs().map(|(key, it)| (key.to_owned(), it.to_owned())).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let all = self.value.as_object().into_iter().flatten();
        all.filter_map(|(key, it)| Some((key.as_str(), it.as_str()?)))
    }

    /// The selector of labels; none where it is not written, or is none.
    pub(super) fn selector(&self) -> Option<LabelSelector> {
        self.value.is_object().then(|| LabelSelector::deserialize(self.value).ok())?
    }

    /// The place, or what is nearest to it.
    pub(super) fn at(&self) -> At {
        self.place(&[])
    }

    /// The place of a value below it by steps.
    pub(super) fn place(&self, steps: &[String]) -> At {
        match self.source {
            Source::File(manifest) => At::Span(manifest.place(&[&self.steps, steps].concat())),
            Source::Stack(route) => At::Node(route.clone(), Part::Key),
        }
    }

    /// A finding at it.
    pub(super) fn found(&self, code: &'static Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.at(), message)
    }
}
