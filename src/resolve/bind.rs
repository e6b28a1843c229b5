//! Containers with every reference resolved: environment, files, volumes, probes.

mod asker;
mod env;
mod mount;
mod probe;
mod security;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as core;

use super::file::Reader;
use super::reference::Scope;
use super::{Component, Described, Resolved, Volumes, codes, reference, telemetry};
use crate::diag::{Diagnostic, Route, Sink, Sources, nearest};
use crate::document::Files;
use crate::model::{Container, FileKey, Name, Probe, Role, Stop, Text, Version};
use crate::stateful::Bound;
use crate::workload::resources;

/// Native `sleep` in lifecycle hooks is on by default since Kubernetes 1.30 (KEP-3960).
pub const SLEEP_ACTION: Version = Version::new(1, 30);
/// Init containers that go on running are on by default since Kubernetes 1.29 (KEP-753).
pub const NATIVE_SIDECARS: Version = Version::new(1, 29);

/// Binds containers of one environment.
pub struct Binder<'a> {
    resolved: &'a Resolved,
    reader: Reader<'a>,
    /// Which secrets, certificates, configs and so on were asked for, as `secrets/NAME`.
    pub used: BTreeSet<String>,
}

impl std::fmt::Debug for Binder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Binder").field("used", &self.used).finish_non_exhaustive()
    }
}

impl<'a> Binder<'a> {
    /// A binder that reads the stack's files.
    pub fn new(resolved: &'a Resolved, files: &'a dyn Files, sources: &'a mut Sources) -> Self {
        let reader = Reader { files, sources, read: BTreeMap::new() };
        Self { resolved, reader, used: BTreeSet::new() }
    }

    /// The text of a file of the stack.
    pub fn file(&mut self, path: &str, at: &Route, sink: &mut Sink) -> Option<String> {
        let file = self.reader.text(path, at, sink)?;
        Some(self.reader.sources.text(file).to_owned())
    }

    /// A text outside components.
    pub fn text(&self, text: &Text, at: &Route, sink: &mut Sink) -> String {
        reference::text(self.resolved, Scope::OUTSIDE, text, || at.clone(), sink)
    }

    /// Notes a secret key that a component takes; reports one that does not exist.
    pub fn secret_key(
        &mut self,
        component: &Component,
        name: &Name,
        key: Option<&FileKey>,
        at: &Route,
        sink: &mut Sink,
    ) -> bool {
        let Some((namespace, keys, _)) = self.resolved.secret(name) else {
            let stack = &self.resolved.stack;
            let known = stack.secrets.keys().chain(stack.certificates.keys()).map(Name::as_str);
            sink.extend(self.resolved.unknown("secret", name.as_str(), &at.join("secret"), "secrets", known));
            return false;
        };
        let section = if self.resolved.stack.secrets.contains_key(name) { "secrets" } else { "certificates" };
        self.used.insert(format!("{section}/{name}"));
        if namespace != component.namespace && !self.resolved.is_compose() {
            let message = format!(
                "secret `{name}` is in namespace `{namespace}`, `{}` in `{}`",
                component.name, component.namespace
            );
            sink.push(
                Diagnostic::at_value(&codes::OTHER_NAMESPACE, at, message)
                    .also(
                        crate::diag::At::Node(Route::of(&[section, name.as_str()]), crate::diag::Part::Key),
                        "declared here",
                    )
                    .help(format!("declare a secret of the same path in `{}`", component.namespace)),
            );
        }

        if let Some(key) = key
            && !keys.contains(&key.as_str())
        {
            let found = Diagnostic::at_value(
                &codes::UNKNOWN_NAME,
                &at.join("key"),
                format!("secret `{name}` has no key `{key}`"),
            )
            .also(
                crate::diag::At::Node(Route::of(&[section, name.as_str()]), crate::diag::Part::Key),
                "declared here",
            );
            sink.push(match nearest(key.as_str(), keys.iter().copied()) {
                Some(near) => found.help(format!("write `{near}`")),
                None => found.help(crate::diag::it_has(keys.iter().copied())),
            });
        }
        true
    }

    fn config_key(
        &mut self,
        component: &Component,
        name: &Name,
        key: Option<&FileKey>,
        at: &Route,
        sink: &mut Sink,
    ) {
        let stack = &self.resolved.stack;
        let Some(config) = stack.configs.get(name) else {
            let known = stack.configs.keys().map(Name::as_str);
            sink.extend(self.resolved.unknown("config", name.as_str(), &at.join("config"), "configs", known));
            return;
        };
        self.used.insert(format!("configs/{name}"));
        let namespace = self.resolved.namespace_or_only(config.namespace.as_ref());
        if namespace != component.namespace {
            let message = format!(
                "config `{name}` is in namespace `{namespace}`, `{}` in `{}`",
                component.name, component.namespace
            );
            sink.push(Diagnostic::at_value(&codes::OTHER_NAMESPACE, at, message));
        }
        if let Some(key) = key
            && !config.data.contains_key(key)
        {
            let found = Diagnostic::at_value(
                &codes::UNKNOWN_NAME,
                &at.join("key"),
                format!("config `{name}` has no key `{key}`"),
            );
            sink.push(match nearest(key.as_str(), config.data.keys().map(FileKey::as_str)) {
                Some(near) => found.help(format!("write `{near}`")),
                None => found,
            });
        }
    }

    /// A component's containers; `None` for tiers that build their own.
    pub fn container(&mut self, component: &Component, sink: &mut Sink) -> Option<Bound> {
        let resolved = self.resolved;
        if let Some(secret) = resolved.peers(component).and_then(|it| it.secret.as_ref()) {
            let at = component.route().join("peers").join("secret");
            self.secret_key(component, &secret.secret, Some(&secret.key), &at, sink);
        }
        self.collector(component, sink);
        let described = resolved.containers(component);
        let main = &described.clone().next()?;
        let mut bound = Bound { security: security::of_pod(main.security), ..Bound::default() };
        for one in described {
            let one = &one;
            let mut container = self.one(one, sink);
            container.security_context = Some(security::of_container(resolved, one, main));
            security::annotate(resolved, one, &mut bound.annotations);
            self.files(one, &mut container, &mut bound, sink);
            match one.volumes {
                Volumes::Main(volumes) => {
                    self.volumes(one, volumes, &mut container, &mut bound, sink);
                }
                Volumes::Side(volumes) => {
                    mount::beside(resolved, component, one, volumes, &mut container, &mut bound, sink);
                }
            }
            match one.role {
                Role::Main => bound.container = container,
                Role::Init => bound.init.push(container),
                Role::Sidecar if resolved.stack.cluster.kubernetes >= NATIVE_SIDECARS => {
                    container.restart_policy = Some("Always".to_owned());
                    bound.init.push(container);
                }
                Role::Sidecar => bound.sidecars.push(container),
            }
        }
        mount::agent_first(&mut bound);
        Some(bound)
    }

    /// A container without what it mounts.
    fn one(&mut self, one: &Described<'_>, sink: &mut Sink) -> core::Container {
        let component = one.owner;
        let (resolved, container, at) = (self.resolved, one.container, &one.at());
        let scope = Scope::expanded(component, container, container.env.len());
        let texts = |list: &[Text], key: &str, sink: &mut Sink| -> Option<Vec<String>> {
            let bind = |(index, it): (usize, &Text)| {
                reference::text(resolved, scope, it, || at.join(key).index(index), sink)
            };
            (!list.is_empty()).then(|| list.iter().enumerate().map(bind).collect())
        };
        let (command, args) =
            (texts(&container.command, "command", sink), texts(&container.args, "args", sink));
        let mut out = core::Container {
            name: one.name.to_string(),
            image: Some(container.image.to_string()),
            command,
            args,
            ports: ports(container),
            env: self.env(component, one, sink),
            env_from: self.env_from(component, one, sink),
            resources: one.resources.map(resources),
            ..Default::default()
        };
        if one.role == Role::Main {
            let told = telemetry::variables(resolved, component, container);
            if !told.is_empty() {
                out.env.get_or_insert_default().extend(told);
            }
        }
        if let Some(probes) = &container.probes {
            let mut bind = |probe: &Option<Probe>, key: &str| {
                probe.as_ref().map(|it| {
                    self.probe(component, container, it, key, &|| at.join("probes").join(key), sink)
                })
            };
            out.liveness_probe = bind(&probes.liveness, "liveness");
            out.readiness_probe = bind(&probes.readiness, "readiness");
            out.startup_probe = bind(&probes.startup, "startup");
        }
        if let Some(stop) = &container.pre_stop {
            out.lifecycle = Some(self.lifecycle(component, stop, &at.join("preStop"), sink));
        }
        out
    }

    fn lifecycle(&self, component: &Component, stop: &Stop, at: &Route, sink: &mut Sink) -> core::Lifecycle {
        let exec = |command: Vec<String>| core::LifecycleHandler {
            exec: Some(core::ExecAction { command: Some(command) }),
            ..Default::default()
        };
        let handler = match stop {
            Stop::Sleep(duration) => {
                let seconds = i64::try_from(duration.seconds()).unwrap_or(i64::MAX);
                if self.resolved.stack.cluster.kubernetes >= SLEEP_ACTION {
                    core::LifecycleHandler {
                        sleep: Some(core::SleepAction { seconds }),
                        ..Default::default()
                    }
                } else {
                    exec(vec!["sleep".into(), seconds.to_string()])
                }
            }
            Stop::Exec(command) => exec(
                command
                    .iter()
                    .map(|it| {
                        reference::text(self.resolved, Scope::component(component), it, || at.clone(), sink)
                    })
                    .collect(),
            ),
        };
        core::Lifecycle { pre_stop: Some(handler), ..Default::default() }
    }
}

fn ports(container: &Container) -> Option<Vec<core::ContainerPort>> {
    let one = |(name, port): (&Name, &crate::model::Port)| core::ContainerPort {
        name: Some(name.as_str().to_owned()),
        container_port: i32::from(port.number.get()),
        protocol: Some(port.protocol.as_str().to_owned()),
        ..Default::default()
    };
    (!container.ports.is_empty()).then(|| container.ports.iter().map(one).collect())
}
