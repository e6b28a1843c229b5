//! The environment of a container.

use k8s_openapi::api::core::v1 as core;

use super::super::reference::Scope;
use super::super::{Component, Described, codes, reference};
use super::Binder;
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::{KeySource, Name, Store, Value};

impl Binder<'_> {
    pub(super) fn env(
        &mut self,
        component: &Component,
        one: &Described<'_>,
        sink: &mut Sink,
    ) -> Option<Vec<core::EnvVar>> {
        let container = one.container;
        let mut found = Vec::with_capacity(container.env.len());
        for (index, (name, value)) in container.env.iter().enumerate() {
            let at = || one.at().join("env").join(name.as_str());
            let mut variable = core::EnvVar { name: name.as_str().to_owned(), ..Default::default() };
            let mut from = core::EnvVarSource::default();
            match value {
                Value::Text(text) => {
                    let scope = Scope::expanded(component, container, index);
                    variable.value = Some(reference::text(self.resolved, scope, text, at, sink));
                }
                Value::Secret(..) | Value::Bound(_) => {
                    let taken = match value {
                        Value::Bound(role) => self.resolved.bound_password(component, role, &at(), sink),
                        Value::Secret(secret, key) => Some((secret, key)),
                        _ => None,
                    };
                    if let Some((secret, key)) = taken {
                        self.secret_key(component, secret, Some(key), &at(), sink);
                        self.as_variable(secret, &at(), sink);
                        from.secret_key_ref = Some(core::SecretKeySelector {
                            name: secret.to_string(),
                            key: key.to_string(),
                            optional: None,
                        });
                    }
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

    pub(super) fn env_from(
        &mut self,
        component: &Component,
        one: &Described<'_>,
        sink: &mut Sink,
    ) -> Option<Vec<core::EnvFromSource>> {
        let mut found = Vec::with_capacity(one.container.env_from.len());
        for (index, from) in one.container.env_from.iter().enumerate() {
            let at = one.at().join("envFrom").index(index);
            let mut source = core::EnvFromSource {
                prefix: (!from.prefix.is_empty()).then(|| from.prefix.clone()),
                ..Default::default()
            };
            match &from.source {
                KeySource::Secret(name) => {
                    if self.secret_key(component, name, None, &at, sink) {
                        self.as_variable(name, &at, sink);
                    }
                    source.secret_ref =
                        Some(core::SecretEnvSource { name: name.to_string(), optional: None });
                }
                KeySource::Config(name) => {
                    self.config_key(component, name, None, &at, sink);
                    source.config_map_ref =
                        Some(core::ConfigMapEnvSource { name: name.to_string(), optional: None });
                }
            }
            found.push(source);
        }
        (!found.is_empty()).then_some(found)
    }

    /// Reports a secret that no variable can be taken from.
    fn as_variable(&self, secret: &Name, at: &Route, sink: &mut Sink) {
        if let Some((_, _, Some(Store::VaultAgent(_)))) = self.resolved.secret(secret) {
            let message = format!("secret `{secret}` comes as a file: its store is a Vault Agent");
            sink.push(
                Diagnostic::at_value(&codes::WRONG_DELIVERY, at, message)
                    .help("mount it under `files`, or use a `vault-secrets-operator` store"),
            );
        }
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
