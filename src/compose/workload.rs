//! What runs for a component, as services.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;

use super::Builder;
use super::file::{Condition, Dependency, Service};
use super::health::{self, BUSYBOX};
use super::mount::{Kept, plain};
use super::text::literals;
use crate::k8s::labels;
use crate::model::Topology;
use crate::resolve::Component;
use crate::workload::{ClaimTemplate, ConfigFiles, Controller, Part, Pod, Run, ServiceKind, ServiceSpec};

/// The service that puts busybox beside others. Names of components have no `.`.
pub(super) const PROBES: &str = "stackgen.probes";
/// The volume with it.
const PROBES_VOLUME: &str = "stackgen.probes";

/// What runs once.
pub(super) const NO: &str = "no";
/// What runs until somebody stops it.
pub(super) const ALWAYS: &str = "unless-stopped";

/// Where a container is.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// Whose it is.
    pub(super) component: &'a Component,
    /// Its pod.
    pub(super) pod: &'a Pod,
    /// The name of the service that runs its main container.
    pub(super) service: String,
    /// The name that the pod has for itself.
    pub(super) host: String,
    /// The storage of the pod.
    pub(super) claims: &'a [ClaimTemplate],
    /// The files of the component.
    pub(super) files: &'a [ConfigFiles],
    /// The folders that several containers of the pod see.
    pub(super) shared: BTreeSet<String>,
}

/// A service of a component.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its name.
    pub(super) service: String,
    /// When others go on.
    pub(super) condition: Condition,
    /// Whether it has a network of its own.
    pub(super) connected: bool,
    /// Its names in networks beside its own.
    pub(super) aliases: Vec<String>,
    /// What it is to others.
    pub(super) role: Role,
}

/// What a service is to other components.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// They call it, and wait for it.
    Serves,
    /// It runs once, and they wait until it is done.
    Ends,
    /// Nothing: it belongs to another service, or nothing starts it.
    Beside,
}

/// How long what runs in a pod runs.
#[derive(Clone, Copy, Debug)]
enum Length {
    /// Until it is stopped.
    Always,
    /// Once.
    Once(Run),
    /// When somebody starts it.
    Asked,
}

impl Builder<'_> {
    /// Adds what one part of a component runs. `node`: it is one for development.
    pub(super) fn part(&mut self, component: &Component, part: Part, files: &[ConfigFiles], node: bool) {
        let Part { workload, services, .. } = part;
        let name = workload.name.as_str();
        let (claims, replicas, length) = match workload.controller {
            Controller::StatefulSet { replicas, claims, .. } => (claims, Some(replicas), Length::Always),
            Controller::Job(run) => (Vec::new(), None, Length::Once(run)),
            Controller::CronJob { .. } => (Vec::new(), None, Length::Asked),
            _ => (Vec::new(), None, Length::Always),
        };
        let full = self.resolved.stack.compose.topology == Topology::Full && !node;
        let number = replicas.filter(|_| full).unwrap_or(1);
        for ordinal in 0..number {
            let pod_name = format!("{name}-{ordinal}");
            let service = if number > 1 { pod_name.clone() } else { name.to_owned() };
            let host = if replicas.is_some() && !node { pod_name.clone() } else { name.to_owned() };
            let mut aliases = Vec::new();
            if replicas.is_some() && !node && host != service {
                aliases.push(host.clone());
            }
            let leads_here = |it: &&ServiceSpec| {
                let pod = it.selector.get(labels::POD_NAME);
                !matches!(it.kind, ServiceKind::LoadBalancer { .. }) && pod.is_none_or(|it| *it == pod_name)
            };
            for spec in services.iter().filter(leads_here) {
                let namespace = self.resolved.namespace(&component.namespace);
                let domain = &self.resolved.stack.cluster.domain;
                if spec.name != service {
                    aliases.push(spec.name.clone());
                }
                if replicas.is_some() {
                    aliases.push(format!("{}.{namespace}.svc.{domain}", spec.name));
                }
                if spec.kind == ServiceKind::Headless && replicas.is_some() {
                    aliases.push(format!("{pod_name}.{}", spec.name));
                    aliases.push(format!("{pod_name}.{}.{namespace}.svc.{domain}", spec.name));
                }
            }
            let place = Place {
                component,
                pod: &workload.pod,
                service,
                host,
                claims: &claims,
                files,
                shared: shared(&workload.pod),
            };
            self.pod(&place, aliases, length, replicas.is_some());
        }
    }

    /// Adds the containers of a pod.
    fn pod(&mut self, place: &Place<'_>, aliases: Vec<String>, length: Length, stateful: bool) {
        let (pod, name) = (place.pod, place.service.clone());
        let Some((main, beside)) = pod.containers.split_first() else { return };
        let mut kept = Kept::default();
        let mut before: Vec<String> = Vec::new();
        let stays = |it: &&core::Container| it.restart_policy.as_deref() == Some("Always");
        for init in pod.init.iter().filter(|it| !stays(it)) {
            let (mut service, its) = self.container(place, init);
            kept.add(its);
            NO.clone_into(&mut service.restart);
            for earlier in &before {
                depend(&mut service, earlier, Condition::Completed);
            }
            let own = format!("{name}.{}", init.name);
            before.push(own.clone());
            self.insert(place, own, service, Condition::Completed, Role::Beside);
        }
        let (mut service, its) = self.container(place, main);
        kept.add(its);
        if stateful {
            service.hostname = Some(place.host.clone());
        }
        for earlier in &before {
            depend(&mut service, earlier, Condition::Completed);
        }
        let (condition, role) = match length {
            Length::Always => {
                ALWAYS.clone_into(&mut service.restart);
                (self.watch(main, &mut service), Role::Serves)
            }
            Length::Once(run) if run.retries > 0 => {
                service.restart = format!("on-failure:{}", run.retries);
                (Condition::Completed, Role::Ends)
            }
            Length::Once(_) => {
                NO.clone_into(&mut service.restart);
                (Condition::Completed, Role::Ends)
            }
            Length::Asked => {
                NO.clone_into(&mut service.restart);
                (Condition::Completed, Role::Beside)
            }
        };
        let mut sides = Vec::new();
        for side in pod.init.iter().filter(stays).chain(beside) {
            let (service, its) = self.container(place, side);
            kept.add(its);
            sides.push((side, service));
        }
        self.give(place, &kept, &before, &mut service);
        self.insert(place, name.clone(), service, condition, role);
        if let Some(member) = self.members.get_mut(&place.component.name).and_then(|it| it.last_mut()) {
            member.aliases = aliases;
        }
        if let (Length::Asked, Some(service)) = (length, self.file.services.get_mut(&name)) {
            service.profiles = vec![super::profile::SCHEDULED.to_owned()];
        }
        for (side, mut service) in sides {
            service.network_mode = Some(format!("service:{name}"));
            ALWAYS.clone_into(&mut service.restart);
            depend(&mut service, &name, Condition::Started);
            self.watch(side, &mut service);
            self.insert(place, format!("{name}.{}", side.name), service, Condition::Started, Role::Beside);
        }
    }

    fn insert(
        &mut self,
        place: &Place<'_>,
        name: String,
        mut service: Service,
        condition: Condition,
        role: Role,
    ) {
        service.profiles = super::profile::of(self.resolved, place.component);
        let connected = service.network_mode.is_none();
        let member = Member { service: name.clone(), condition, connected, aliases: Vec::new(), role };
        self.members.entry(place.component.name.clone()).or_default().push(member);
        self.file.services.insert(name, service);
    }

    /// Gives a service its health check; what others may wait for.
    fn watch(&mut self, container: &core::Container, service: &mut Service) -> Condition {
        let compose = &self.resolved.stack.compose;
        let Some(found) = health::check(container, compose.probes.is_some(), compose.health_interval.clone())
        else {
            return Condition::Started;
        };
        let mut check = found.check;
        let rest = check.test.split_off(1);
        check.test.extend(self.runnable(service, &rest));
        service.healthcheck = Some(check);
        if found.by_busybox {
            service.volumes.push(super::file::Mount {
                source: Some(PROBES_VOLUME.to_owned()),
                read_only: true,
                ..plain("volume", BUSYBOX)
            });
            depend(service, PROBES, Condition::Completed);
            self.add_probes();
        }
        Condition::Healthy
    }

    /// Gives the volumes of a pod to its user: Docker makes them root's where the image has nothing at the path.
    fn give(&mut self, place: &Place<'_>, kept: &Kept, first: &[String], service: &mut Service) {
        let Some(image) = &self.resolved.stack.compose.probes else { return };
        let target = |volume: &str| format!("/volumes/{volume}");
        let each = |all: &[String]| {
            let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
            all.into_iter().map(|it| (it.to_owned(), target(it))).collect::<Vec<_>>()
        };
        let group = place.pod.security.fs_group;
        let whose = service.user.as_ref().map(|user| match (user.split_once(':'), group) {
            (Some((user, _)), Some(group)) => format!("{user}:{group}"),
            (None, Some(group)) => format!("{user}:{group}"),
            (_, None) => user.clone(),
        });
        let owned = if whose.is_some() { each(&kept.owned) } else { Vec::new() };
        let open = each(&kept.open);
        let say = |how: &str, all: &[(String, String)]| {
            let paths: Vec<&str> = all.iter().map(|(_, path)| path.as_str()).collect();
            (!all.is_empty()).then(|| format!("{how} {}", paths.join(" ")))
        };
        let owns = whose.and_then(|it| say(&format!("chown {it}"), &owned));
        let commands: Vec<String> = owns.into_iter().chain(say("chmod 0777", &open)).collect();
        let command = match &*commands {
            [] => return,
            [one] => one.split(' ').map(str::to_owned).collect(),
            _ => vec!["sh".to_owned(), "-c".to_owned(), commands.join(" && ")],
        };
        let own = format!("{}.volumes", place.service);
        let giver = Service {
            image: self.images.of_probes(&image.to_string()),
            command: Some(literals(&command)),
            network_mode: Some("none".to_owned()),
            volumes: owned
                .into_iter()
                .chain(open)
                .map(|(volume, target)| super::file::Mount {
                    source: Some(volume),
                    ..plain("volume", &target)
                })
                .collect(),
            restart: NO.to_owned(),
            ..Service::default()
        };
        for earlier in first {
            if let Some(earlier) = self.file.services.get_mut(earlier) {
                depend(earlier, &own, Condition::Completed);
            }
        }
        depend(service, &own, Condition::Completed);
        self.insert(place, own, giver, Condition::Completed, Role::Beside);
    }

    fn add_probes(&mut self) {
        let Some(image) = &self.resolved.stack.compose.probes else { return };
        if self.file.services.contains_key(PROBES) {
            return;
        }
        let service = Service {
            image: self.images.of_probes(&image.to_string()),
            command: Some(["cp", "/bin/busybox", "/to/busybox"].map(str::to_owned).into()),
            network_mode: Some("none".to_owned()),
            volumes: vec![super::file::Mount {
                source: Some(PROBES_VOLUME.to_owned()),
                ..plain("volume", "/to")
            }],
            restart: NO.to_owned(),
            ..Service::default()
        };
        self.file.volumes.insert(PROBES_VOLUME.to_owned(), super::file::Volume {});
        self.file.services.insert_before(0, PROBES.to_owned(), service);
    }

    /// The secret behind a name of an object, and its keys.
    pub(super) fn secret_keys(&self, name: &str) -> Option<(String, Vec<String>)> {
        let stack = &self.resolved.stack;
        let secret = stack.secrets.get_key_value(name).map(|(key, _)| key);
        let key = secret.or_else(|| stack.certificates.get_key_value(name).map(|(key, _)| key))?;
        let (_, keys, _) = self.resolved.secret(key)?;
        Some((key.to_string(), keys.into_iter().map(str::to_owned).collect()))
    }
}

/// Lets a service wait.
pub(super) fn depend(service: &mut Service, on: &str, condition: Condition) {
    service.depends_on.entry(on.to_owned()).or_insert(Dependency { condition, required: None });
}

/// The folders that several containers of a pod see.
fn shared(pod: &Pod) -> BTreeSet<String> {
    let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for container in pod.init.iter().chain(&pod.containers) {
        let names: BTreeSet<&str> =
            container.volume_mounts.iter().flatten().map(|it| it.name.as_str()).collect();
        for name in names {
            if !seen.insert(name) {
                shared.insert(name.to_owned());
            }
        }
    }
    shared
}
