//! Containers with every reference resolved: environment, files, volumes, probes.

mod mount;

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::file::Reader;
use super::reference::Scope;
use super::{Component, Resolved, codes, edge, reference};
use crate::diag::{Diagnostic, Route, Sink, Sources, nearest};
use crate::document::Files;
use crate::model::{
    Action, Container, FileKey, Name, Probe, SecurityContext, Stop, Store, Text, Value, Version,
};
use crate::stateful::Bound;
use crate::workload::resources;

/// Native `sleep` in lifecycle hooks is on by default since Kubernetes 1.30 (KEP-3960).
const SLEEP_ACTION: Version = Version::new(1, 30);

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
        if namespace != component.namespace {
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
                None => found.help(format!("it has {}", crate::diag::and_list(keys.iter().copied()))),
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

    /// A component's container; `None` for tiers that build their own.
    pub fn container(&mut self, component: &Component, sink: &mut Sink) -> Option<Bound> {
        let resolved = self.resolved;
        let container = resolved.container(component)?;
        let at = component.route();
        let mut bound = Bound::default();
        let scope = Scope::expanded(component, &container.env, container.env.len());
        let texts = |list: &[Text], key: &str, sink: &mut Sink| -> Option<Vec<String>> {
            let bind = |(index, it): (usize, &Text)| {
                reference::text(resolved, scope, it, || at.join(key).index(index), sink)
            };
            (!list.is_empty()).then(|| list.iter().enumerate().map(bind).collect())
        };
        let (command, args) =
            (texts(&container.command, "command", sink), texts(&container.args, "args", sink));
        bound.security = pod_security(&container.security);
        bound.container = core::Container {
            name: component.name.to_string(),
            image: Some(container.image.to_string()),
            command,
            args,
            ports: ports(container),
            env: self.env(component, container, sink),
            resources: resolved.common(component).resources.as_ref().map(resources),
            security_context: Some(container_security(&container.security)),
            ..Default::default()
        };
        if let Some(probes) = &container.probes {
            let mut one = |probe: &Option<Probe>, key: &str| {
                probe.as_ref().map(|it| self.probe(component, it, &|| at.join("probes").join(key), sink))
            };
            bound.container.liveness_probe = one(&probes.liveness, "liveness");
            bound.container.readiness_probe = one(&probes.readiness, "readiness");
            bound.container.startup_probe = one(&probes.startup, "startup");
        }
        if let Some(stop) = &container.pre_stop {
            bound.container.lifecycle = Some(self.lifecycle(component, stop, &at.join("preStop"), sink));
        }
        self.files(component, container, &mut bound, sink);
        self.volumes(component, container, &mut bound, sink);
        Some(bound)
    }

    fn env(
        &mut self,
        component: &Component,
        container: &Container,
        sink: &mut Sink,
    ) -> Option<Vec<core::EnvVar>> {
        let mut found = Vec::with_capacity(container.env.len());
        for (index, (name, value)) in container.env.iter().enumerate() {
            let at = || component.route().join("env").join(name.as_str());
            let mut variable = core::EnvVar { name: name.as_str().to_owned(), ..Default::default() };
            let mut from = core::EnvVarSource::default();
            match value {
                Value::Text(text) => {
                    let scope = Scope::expanded(component, &container.env, index);
                    variable.value = Some(reference::text(self.resolved, scope, text, at, sink));
                }
                Value::Secret(secret, key) => {
                    self.secret_key(component, secret, Some(key), &at(), sink);
                    if let Some((_, _, Some(Store::VaultAgent(_)))) = self.resolved.secret(secret) {
                        let message =
                            format!("secret `{secret}` comes as a file: its store is a Vault Agent");
                        sink.push(
                            Diagnostic::at_value(&codes::WRONG_DELIVERY, &at(), message)
                                .help("mount it under `files`, or use a `vault-secrets-operator` store"),
                        );
                    }
                    from.secret_key_ref = Some(core::SecretKeySelector {
                        name: secret.to_string(),
                        key: key.to_string(),
                        optional: None,
                    });
                }
                Value::Config(config, key) => {
                    self.config_key(component, config, Some(key), &at(), sink);
                    from.config_map_key_ref = Some(core::ConfigMapKeySelector {
                        name: config.to_string(),
                        key: key.to_string(),
                        optional: None,
                    });
                }
                Value::Field(field) => {
                    if !known_field(field) {
                        let message = format!("a variable cannot be taken from `{field}`");
                        sink.push(
                            Diagnostic::at_value(&crate::model::codes::BAD_VALUE, &at().join("field"), message).help(
                                "use `metadata.name`, `metadata.namespace`, `metadata.uid`, `metadata.labels['KEY']`, `metadata.annotations['KEY']`, `spec.nodeName`, `spec.serviceAccountName`, `status.podIP`, `status.podIPs`, `status.hostIP` or `status.hostIPs`",
                            ),
                        );
                    }
                    from.field_ref =
                        Some(core::ObjectFieldSelector { field_path: field.clone(), api_version: None });
                }
                Value::Resource(resource) => {
                    from.resource_field_ref = Some(core::ResourceFieldSelector {
                        resource: resource.clone(),
                        ..Default::default()
                    });
                }
            }
            if variable.value.is_none() {
                variable.value_from = Some(from);
            }
            found.push(variable);
        }
        (!found.is_empty()).then_some(found)
    }

    fn probe(
        &self,
        component: &Component,
        probe: &Probe,
        at: &dyn Fn() -> Route,
        sink: &mut Sink,
    ) -> core::Probe {
        let fields = &probe.fields;
        let mut port_number = 0;
        if let Some(name) = &fields.port {
            match self.resolved.container(component).and_then(|it| it.ports.get(name)) {
                Some(port) => port_number = i32::from(port.number.get()),
                None => sink.push(edge::unknown_port(component, name.as_str(), &at().join("port"))),
            }
        } else if !matches!(probe.action, Action::Exec(_)) {
            let ports = self.resolved.container(component).map(|it| &it.ports);
            match ports.and_then(|it| it.first()) {
                Some((_, port)) if ports.is_some_and(|it| it.len() == 1) => {
                    port_number = i32::from(port.number.get());
                }
                _ => sink.push(
                    Diagnostic::at_key(&crate::model::codes::MISSING_FIELD, &at(), "`port` is missing")
                        .help("name the port that answers the probe"),
                ),
            }
        }
        let by_name = || match &fields.port {
            Some(name) => IntOrString::String(name.to_string()),
            None => IntOrString::Int(port_number),
        };
        let mut out = core::Probe {
            initial_delay_seconds: fields.initial_delay,
            period_seconds: fields.period,
            timeout_seconds: fields.timeout,
            failure_threshold: fields.failure_threshold,
            success_threshold: fields.success_threshold,
            ..Default::default()
        };
        match &probe.action {
            Action::Http(path) => {
                out.http_get = Some(core::HTTPGetAction {
                    path: Some(path.clone()),
                    port: by_name(),
                    ..Default::default()
                });
            }
            Action::Grpc(service) => {
                let service = (!service.is_empty()).then(|| service.clone());
                out.grpc = Some(core::GRPCAction { port: port_number, service, ..Default::default() });
            }
            Action::Tcp => {
                out.tcp_socket = Some(core::TCPSocketAction { port: by_name(), ..Default::default() });
            }
            Action::Exec(command) => {
                let bind =
                    |it: &Text| reference::text(self.resolved, Scope::component(component), it, at, sink);
                out.exec = Some(core::ExecAction { command: Some(command.iter().map(bind).collect()) });
            }
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

fn pod_security(security: &SecurityContext) -> core::PodSecurityContext {
    core::PodSecurityContext {
        run_as_non_root: Some(security.run_as_non_root),
        run_as_user: security.run_as_user,
        run_as_group: security.run_as_group,
        fs_group: security.fs_group,
        fs_group_change_policy: security.fs_group.map(|_| "OnRootMismatch".to_owned()),
        seccomp_profile: Some(core::SeccompProfile {
            type_: security.seccomp.clone(),
            localhost_profile: None,
        }),
        ..Default::default()
    }
}

fn container_security(security: &SecurityContext) -> core::SecurityContext {
    let kept = security.capabilities.as_ref().map(|it| it.add.clone()).filter(|it| !it.is_empty());
    core::SecurityContext {
        allow_privilege_escalation: Some(security.allow_escalation || security.privileged),
        capabilities: Some(core::Capabilities { add: kept, drop: Some(vec!["ALL".to_owned()]) }),
        privileged: security.privileged.then_some(true),
        read_only_root_filesystem: Some(security.read_only_root),
        ..Default::default()
    }
}

fn known_field(field: &str) -> bool {
    matches!(
        field,
        "metadata.name"
            | "metadata.namespace"
            | "metadata.uid"
            | "spec.nodeName"
            | "spec.serviceAccountName"
            | "status.podIP"
            | "status.podIPs"
            | "status.hostIP"
            | "status.hostIPs"
    ) || ["metadata.labels['", "metadata.annotations['"]
        .iter()
        .any(|it| field.starts_with(it) && field.ends_with("']"))
}
