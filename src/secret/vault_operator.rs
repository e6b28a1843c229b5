//! The Vault Secrets Operator. Kinds and fields: developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::ServiceAccount;

use super::within;
use crate::k8s::Object;
use crate::k8s::crd::vault::vault_auth::{AuthMethod, Kubernetes, VaultAuth, VaultAuthSpec};
use crate::k8s::crd::vault::vault_connection::{VaultConnection, VaultConnectionSpec};
use crate::k8s::crd::vault::vault_dynamic_secret::{VaultDynamicSecret, VaultDynamicSecretSpec};
use crate::k8s::crd::vault::vault_static_secret::{KeyValueEngine, VaultStaticSecret, VaultStaticSecretSpec};
use crate::k8s::crd::vault::{
    Destination, RolloutRestartKind, RolloutRestartTarget, Template, Transformation,
};
use crate::model::{Keys, Name, Role, Scale, Secret, VaultOperator, VaultType};
use crate::resolve::Resolved;

/// The connection and login in each namespace that has secrets of the store, and the secrets.
pub(super) fn objects(
    resolved: &Resolved,
    store: &Name,
    operator: &VaultOperator,
    address: &str,
) -> Vec<Object> {
    let secrets = || resolved.stack.secrets.iter().filter(|(_, it)| it.from == *store);
    let namespaces: BTreeSet<Name> =
        secrets().map(|(_, it)| resolved.namespace_or_only(it.namespace.as_ref())).collect();
    let mut found: Vec<Object> = Vec::new();
    for namespace in &namespaces {
        let metadata = |name: &str| within(resolved, namespace, name);
        found.push(
            ServiceAccount {
                metadata: metadata(operator.auth.service_account.as_str()),
                automount_service_account_token: Some(false),
                ..Default::default()
            }
            .into(),
        );
        found.push(
            VaultConnection {
                metadata: metadata(store.as_str()),
                spec: VaultConnectionSpec {
                    address: address.to_owned(),
                    ca_cert_secret_ref: operator.ca_cert_secret.as_ref().map(ToString::to_string),
                    headers: BTreeMap::new(),
                    skip_tls_verify: false,
                    timeout: None,
                    tls_server_name: operator.tls_server_name.clone(),
                },
            }
            .into(),
        );
        found.push(
            VaultAuth {
                metadata: metadata(store.as_str()),
                spec: VaultAuthSpec {
                    kubernetes: Some(Kubernetes {
                        audiences: operator.auth.audiences.clone(),
                        role: operator.auth.role.clone(),
                        service_account: operator.auth.service_account.to_string(),
                        token_expiration_seconds: None,
                    }),
                    method: AuthMethod::Kubernetes,
                    mount: operator.auth.mount.clone(),
                    vault_connection_ref: Some(store.to_string()),
                    ..Default::default()
                },
            }
            .into(),
        );
    }
    let mut restarts = if operator.restart { restarts(resolved) } else { BTreeMap::new() };
    found.extend(secrets().map(|(name, it)| {
        let targets = restarts.remove(name).unwrap_or_default();
        secret(resolved, store, operator, name, it, targets)
    }));
    found
}

fn secret(
    resolved: &Resolved,
    store: &Name,
    operator: &VaultOperator,
    name: &Name,
    secret: &Secret,
    targets: Vec<RolloutRestartTarget>,
) -> Object {
    let namespace = resolved.namespace_or_only(secret.namespace.as_ref());
    let metadata = within(resolved, &namespace, secret.object.as_ref().unwrap_or(name).as_str());
    let destination = Destination {
        create: true,
        name: name.to_string(),
        transformation: Some(transformation(&secret.keys)),
        ..Default::default()
    };
    match (&secret.dynamic, &secret.path) {
        (Some(dynamic), _) => VaultDynamicSecret {
            metadata,
            spec: VaultDynamicSecretSpec {
                destination,
                mount: dynamic.mount.clone(),
                path: dynamic.path.clone(),
                revoke: true,
                rollout_restart_targets: targets,
                vault_auth_ref: Some(store.to_string()),
                ..Default::default()
            },
        }
        .into(),
        (None, path) => VaultStaticSecret {
            metadata,
            spec: VaultStaticSecretSpec {
                destination,
                hmac_secret_data: (!targets.is_empty()).then_some(true),
                mount: operator.mount.clone(),
                namespace: None,
                path: path.clone().unwrap_or_default(),
                refresh_after: Some(operator.refresh_after.to_string()),
                rollout_restart_targets: targets,
                sync_config: None,
                engine: match operator.kind {
                    VaultType::KvV1 => KeyValueEngine::V1,
                    VaultType::KvV2 => KeyValueEngine::V2,
                },
                vault_auth_ref: Some(store.to_string()),
                version: None,
            },
        }
        .into(),
    }
}

/// Exactly the declared keys, renamed where the store calls them otherwise.
fn transformation(keys: &Keys) -> Transformation {
    let exactly = |it: &str| format!("^{}$", it.replace('.', "\\."));
    let renamed = keys.0.iter().filter(|(key, remote)| key.as_str() != *remote);
    Transformation {
        exclude_raw: true,
        includes: keys
            .0
            .iter()
            .filter(|(key, remote)| key.as_str() == *remote)
            .map(|(key, _)| exactly(key.as_str()))
            .collect(),
        excludes: if keys.0.iter().all(|(key, remote)| key.as_str() != remote) {
            vec![".*".to_owned()]
        } else {
            Vec::new()
        },
        templates: renamed
            .map(|(key, remote)| {
                (
                    key.to_string(),
                    Template {
                        text: format!("{{{{ get .Secrets {} }}}}", serde_json::Value::from(remote.as_str())),
                    },
                )
            })
            .collect(),
    }
}

/// For each secret the services that take it as environment: they see a new value only when they restart. What has run to
/// its end needs none.
fn restarts(resolved: &Resolved) -> BTreeMap<&Name, Vec<RolloutRestartTarget>> {
    let mut found: BTreeMap<&Name, Vec<RolloutRestartTarget>> = BTreeMap::new();
    for component in resolved.components.values() {
        let Some(service) = resolved.service(component) else { continue };
        let kind = match service.fields.scale {
            _ if resolved.is_stepped(component) => RolloutRestartKind::Rollout,
            Scale::Fixed(_) | Scale::Hpa(_) | Scale::Keda(_) => RolloutRestartKind::Deployment,
            Scale::PerNode => RolloutRestartKind::DaemonSet,
        };
        let stay = resolved.containers(component).filter(|it| it.role != Role::Init).map(|it| it.container);
        let taken: BTreeSet<&Name> = stay.flat_map(|it| resolved.variables_from(component, it)).collect();
        for secret in taken {
            let target = RolloutRestartTarget { kind, name: component.called.to_string() };
            found.entry(secret).or_default().push(target);
        }
    }
    found
}
