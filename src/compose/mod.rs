//! The Docker Compose target: the same stack as one project for a developer's machine.
//!
//! What runs is what [`lower::plan`] says, or the engine's node for development ([`Node`](crate::stateful::Node)): pods become services, a
//! container each. What only a cluster has (autoscalers, budgets, a mesh, policies of objects) is left out. `docs/compose.md`
//! says all of it for readers.

mod connect;
mod container;
mod content;
mod dotenv;
mod ends;
pub mod file;
mod health;
mod image;
mod mount;
pub mod network;
pub mod order;
pub mod profile;
mod text;
mod unread;
mod variable;
mod workload;

use std::collections::BTreeMap;

use indexmap::IndexMap;

pub use file::File;
pub use image::Images;
pub use variable::named as variable_name;

use crate::diag::Route;
use crate::lower;
use crate::model::{HostPorts, Name, Text};
use crate::resolve::{Component, Resolved};
use crate::stateful::Bound;
use file::{Port, Service};
use order::Order;
use variable::Variables;
use workload::{Member, Role};

/// A project.
#[derive(Clone, Debug)]
pub struct Project {
    /// The Compose file.
    pub file: File,
    /// The files beside it that services mount, by path.
    pub files: BTreeMap<String, String>,
    /// `.env`: what is no secret.
    pub env: String,
    /// `.env.example`: what whoever runs the project gives.
    pub example: String,
    /// The component that each service is of.
    pub owners: IndexMap<String, Name>,
}

/// Makes a project, component by component.
#[derive(Debug)]
pub struct Builder<'a> {
    resolved: &'a Resolved,
    images: &'a Images,
    /// The texts of shared configs.
    configs: BTreeMap<String, BTreeMap<String, String>>,
    variables: Variables<'a>,
    file: File,
    files: BTreeMap<String, String>,
    members: BTreeMap<Name, Vec<Member>>,
    /// The ports by which the host reaches components, where they are others than those of their endpoints.
    from_host: BTreeMap<Name, Vec<(&'static str, u16)>>,
}

impl<'a> Builder<'a> {
    /// A project without anything. `text` replaces references in a text outside components.
    pub fn new(
        resolved: &'a Resolved,
        images: &'a Images,
        text: &mut dyn FnMut(&Text, &Route) -> String,
    ) -> Self {
        let mut configs = BTreeMap::new();
        for (name, config) in &resolved.stack.configs {
            let at = Route::of(&["configs", name.as_str(), "data"]);
            let data =
                config.data.iter().map(|(key, it)| (key.to_string(), text(it, &at.join(key.as_str()))));
            configs.insert(name.to_string(), data.collect());
        }
        Self {
            resolved,
            images,
            configs,
            variables: Variables::new(resolved, text),
            file: File { name: resolved.project(), ..File::default() },
            files: BTreeMap::new(),
            members: BTreeMap::new(),
            from_host: BTreeMap::new(),
        }
    }

    /// Adds a component. `files` are the texts of the stack's files that a tier reads, by path.
    pub fn add(&mut self, component: &Component, bound: Option<Bound>, files: &BTreeMap<String, String>) {
        let resolved = self.resolved;
        let tier = resolved.tier(component);
        let node = tier.and_then(|it| resolved.node(&component.name, it, files));
        let is_node = node.as_ref().is_some_and(|it| it.plan.is_none());
        let plan = match node {
            Some(node) => {
                self.from_host.insert(component.name.clone(), node.from_host.clone());
                node.plan(component.name.as_str(), resolved.common(component).resources.as_deref())
            }
            None => lower::plan(resolved, component, bound, files),
        };
        for part in plan.parts {
            self.part(component, part, &plan.files, is_node);
        }
    }

    /// The whole project.
    #[must_use]
    pub fn finish(mut self) -> Project {
        self.connect();
        self.publish();
        self.wait();
        self.await_ends();
        self.label_content();
        let owners = self.members.iter().flat_map(|(name, it)| it.iter().map(move |it| (&it.service, name)));
        let owners = owners.map(|(service, name)| (service.clone(), name.clone())).collect();
        let (env, example) =
            (dotenv::values(self.resolved, &self.variables), dotenv::example(&self.variables));
        Project { file: self.file, files: self.files, env, example, owners }
    }

    /// Gives services ports of the host.
    fn publish(&mut self) {
        let compose = &self.resolved.stack.compose;
        for (name, ports) in &compose.publish {
            let Some(component) = self.resolved.components.get(name) else { continue };
            let first = self.members.get(name).into_iter().flatten().find(|it| it.role == Role::Serves);
            let Some(service) = first.and_then(|it| self.file.services.get_mut(&it.service)) else {
                continue;
            };
            for (port, number) in ports {
                let Some(endpoint) = component.endpoints.ports.iter().find(|it| it.name == *port) else {
                    continue;
                };
                let declared = compose.host_ports == HostPorts::Declared;
                let other = self.from_host.get(name).into_iter().flatten();
                let other = other.filter(|_| declared).find(|(it, _)| *it == port.as_str());
                let udp = endpoint.protocol == crate::model::Protocol::Udp;
                service.ports.push(Port {
                    host_ip: compose.host_address.to_string(),
                    target: other.map_or(endpoint.number, |(_, number)| *number),
                    published: declared.then(|| number.to_string()),
                    protocol: udp.then_some("udp"),
                });
            }
        }
    }

    /// Lets services wait for those of other components.
    fn wait(&mut self) {
        let order = Order::of(self.resolved);
        for (from, targets) in &order.waits {
            for member in self.members.get(*from).into_iter().flatten().filter(|it| it.connected) {
                let Some(service) = self.file.services.get_mut(&member.service) else { continue };
                for target in targets.iter().filter_map(|it| self.members.get(*it)) {
                    // Its servers, and the jobs that set it up.
                    for other in target.iter().filter(|it| it.role != Role::Beside) {
                        workload::depend(service, &other.service, other.condition);
                    }
                }
            }
        }
        self.wait_for_servers();
    }

    /// Lets the jobs of a tier wait for its servers.
    fn wait_for_servers(&mut self) {
        for members in self.members.values() {
            let of = |role: Role| members.iter().filter(move |it| it.role == role);
            for job in of(Role::Ends) {
                let Some(service) = self.file.services.get_mut(&job.service) else { continue };
                for server in of(Role::Serves) {
                    workload::depend(service, &server.service, server.condition);
                }
            }
        }
    }
}
