//! The containers of a component as the stack describes them, each with its place.

use indexmap::IndexMap;

use super::{Component, Delivery, Resolved, Section};
use crate::diag::Route;
use crate::model::{
    AbsolutePath, Container, FileKey, Job, KeySource, Name, PodFields, Port, Resources, Role,
    SecurityContext, SideVolume, Volume,
};

/// A container that the stack describes.
#[derive(Clone, Debug)]
pub struct Described<'a> {
    /// Whose pod it is in.
    component: &'a Component,
    /// Who describes it: the component, or a job that runs in its pods.
    pub owner: &'a Component,
    /// Its name in the pod.
    pub name: &'a Name,
    /// What it is to the pod.
    pub role: Role,
    /// The container.
    pub container: &'a Container,
    /// What it may do.
    pub security: &'a SecurityContext,
    /// What it asks for and may use.
    pub resources: Option<&'a Resources>,
    /// Its writable places.
    pub volumes: Volumes<'a>,
}

/// The writable places of a container.
#[derive(Clone, Copy, Debug)]
pub enum Volumes<'a> {
    /// Those of the main one.
    Main(&'a IndexMap<AbsolutePath, Volume>),
    /// Those of another.
    Side(&'a IndexMap<AbsolutePath, SideVolume>),
}

impl<'a> Volumes<'a> {
    /// Their paths.
    #[must_use]
    pub fn paths(self) -> Vec<&'a AbsolutePath> {
        match self {
            Self::Main(it) => it.keys().collect(),
            Self::Side(it) => it.keys().collect(),
        }
    }
}

impl<'a> Described<'a> {
    /// Its place: the component's own, or one below it. Made when it is asked for: most are never reported.
    #[must_use]
    pub fn at(&self) -> Route {
        let own = self.owner.route();
        match self.role.key() {
            _ if self.is_gate() => own.clone(),
            None => own.clone(),
            Some(key) => own.join(key).join(self.name.as_str()),
        }
    }

    /// Whether it is a job that runs first in the pods of another component.
    #[must_use]
    pub fn is_gate(&self) -> bool {
        self.owner.name != self.component.name
    }

    /// The name of the component whose pod it is in.
    #[must_use]
    pub fn pod_of(&self) -> &'a Name {
        &self.component.name
    }

    /// What the names of its volumes and ConfigMap have after the component's or before their own: nothing for the main
    /// container.
    #[must_use]
    pub fn infix(&self) -> String {
        if self.role == Role::Main { String::new() } else { format!("{}-", self.name) }
    }
}

impl Resolved {
    /// The containers that the stack describes for a component: the main one first, then those that run before it, jobs
    /// without a tool that runs them among these, then those beside it. None for tiers that build their own.
    pub fn containers<'a>(&'a self, component: &'a Component) -> impl Iterator<Item = Described<'a>> + Clone {
        self.pod(component).into_iter().flat_map(|(container, pod)| self.described(component, container, pod))
    }

    fn described<'a>(
        &'a self,
        component: &'a Component,
        container: &'a Container,
        pod: &'a PodFields,
    ) -> impl Iterator<Item = Described<'a>> + Clone {
        let main = Described {
            component,
            owner: component,
            name: &component.name,
            role: Role::Main,
            container,
            security: &pod.security,
            resources: self.common(component).resources.as_deref(),
            volumes: Volumes::Main(&pod.volumes),
        };
        let gates = self.gates(component).map(move |(owner, job)| Described {
            component,
            owner,
            name: &owner.name,
            role: Role::Init,
            container: &job.container,
            security: &job.pod.security,
            resources: job.common.resources.as_deref(),
            volumes: Volumes::Main(&job.pod.volumes),
        });
        let sides = pod.sides().map(move |(name, side, role)| Described {
            component,
            owner: component,
            name,
            role,
            container: &side.container,
            security: &side.fields.security.0,
            resources: side.fields.resources.as_deref(),
            volumes: Volumes::Side(&side.fields.volumes),
        });
        std::iter::once(main).chain(gates).chain(sides)
    }

    /// The jobs whose containers run first in the pods of a component.
    fn gates<'a>(
        &'a self,
        component: &'a Component,
    ) -> impl Iterator<Item = (&'a Component, &'a Job)> + Clone {
        let waiting = component.waits_for.iter().filter_map(|it| self.components.get(it));
        let gates = waiting.filter(|it| self.delivery(it) == Some(Delivery::Gate));
        gates.filter_map(|it| Some((it, self.job(it)?)))
    }

    /// The main container that the stack describes for a component, and what its pod has beside it.
    #[must_use]
    pub fn pod(&self, component: &Component) -> Option<(&Container, &PodFields)> {
        match component.section {
            Section::Services => {
                let service = &self.stack.services[component.index];
                Some((&service.container, &service.pod))
            }
            Section::Stateful => self.stack.stateful[component.index].0.pod(),
            Section::Jobs => {
                let job = &self.stack.jobs[component.index];
                Some((&job.container, &job.pod))
            }
        }
    }

    /// The main container that the stack describes for a component.
    #[must_use]
    pub fn container(&self, component: &Component) -> Option<&Container> {
        self.pod(component).map(|(it, _)| it)
    }

    /// The keys of what a container takes all keys of; none where it does not exist.
    #[must_use]
    pub fn keys(&self, source: &KeySource) -> Option<Vec<&str>> {
        match source {
            KeySource::Secret(name) => self.secret(name).map(|(_, keys, _)| keys),
            KeySource::Config(name) => {
                self.stack.configs.get(name).map(|it| it.data.keys().map(FileKey::as_str).collect())
            }
        }
    }

    /// Whether `envFrom` of a container gives it a variable.
    pub(super) fn gives(&self, container: &Container, variable: &str) -> bool {
        container.env_from.iter().any(|it| {
            let key = variable.strip_prefix(it.prefix.as_str());
            key.is_some_and(|key| self.keys(&it.source).is_some_and(|known| known.contains(&key)))
        })
    }

    /// The ports of all containers of a component, which share one network.
    pub fn ports<'a>(&'a self, component: &'a Component) -> impl Iterator<Item = (&'a Name, &'a Port)> {
        self.pod(component).into_iter().flat_map(|(main, pod)| pod.ports(main))
    }
}
