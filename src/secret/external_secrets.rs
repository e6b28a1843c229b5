//! The External Secrets Operator.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::ServiceAccount;

use super::within;
use crate::k8s::Object;
use crate::k8s::crd::external_secrets::ApiVersion;
use crate::k8s::crd::external_secrets::external_secret::{
    Data, ExternalSecret, ExternalSecretSpec, RemoteRef, StoreRef, Target,
};
use crate::k8s::crd::external_secrets::secret_store as crd;
use crate::model::{Account, ExternalSecrets, Name, Provider, Secret, VaultType, Version};
use crate::resolve::Resolved;

/// The `v1` API came with release 0.16; 0.17 dropped `v1beta1`.
const V1_SINCE: Version = Version::new(0, 16);

/// The stores that are made, and the secrets. `server` is the address of a provider that has one.
pub(super) fn objects(resolved: &Resolved, store: &Name, eso: &ExternalSecrets, server: &str) -> Vec<Object> {
    let secrets = || resolved.stack.secrets.iter().filter(|(_, it)| it.from == *store);
    let version = if resolved.stack.cluster.external_secrets >= V1_SINCE {
        ApiVersion::V1
    } else {
        ApiVersion::V1Beta1
    };
    let mut found: Vec<Object> = Vec::new();
    if let Some(it) = &eso.provider {
        let namespaces: BTreeSet<Name> =
            secrets().map(|(_, it)| resolved.namespace_or_only(it.namespace.as_ref())).collect();
        for namespace in &namespaces {
            found.extend(it.account().map(|it| account(resolved, namespace, it)));
            found.push(
                crd::SecretStore {
                    metadata: within(resolved, namespace, store.as_str()),
                    spec: crd::SecretStoreSpec { provider: provider(it, server) },
                    version,
                }
                .into(),
            );
        }
    }
    let (kind, name) = match (&eso.cluster_store, &eso.store) {
        (Some(name), _) => ("ClusterSecretStore", name),
        (None, Some(name)) => ("SecretStore", name),
        (None, None) => ("SecretStore", store),
    };
    found.extend(secrets().map(|(name_of_secret, it)| {
        let namespace = resolved.namespace_or_only(it.namespace.as_ref());
        ExternalSecret {
            metadata: within(resolved, &namespace, it.object.as_ref().unwrap_or(name_of_secret).as_str()),
            spec: ExternalSecretSpec {
                data: data(eso, it),
                refresh_interval: eso.refresh_interval.to_string(),
                secret_store_ref: StoreRef { kind, name: name.to_string() },
                target: Target {
                    creation_policy: "Owner",
                    // A mistake in the store must not take the Secret from running pods.
                    deletion_policy: "Retain",
                    name: name_of_secret.to_string(),
                },
            },
            version,
        }
        .into()
    }));
    found
}

/// The keys: fields of one entry where the secret has a path, else entries of their own.
fn data(eso: &ExternalSecrets, secret: &Secret) -> Vec<Data> {
    let prefix = eso.prefix.as_str();
    let keys = secret.keys.0.iter();
    keys.map(|(key, remote)| Data {
        remote_ref: match &secret.path {
            Some(path) => RemoteRef::new(format!("{prefix}{path}"), Some(remote.clone())),
            None => RemoteRef::new(format!("{prefix}{remote}"), None),
        },
        secret_key: key.to_string(),
    })
    .collect()
}

fn account(resolved: &Resolved, namespace: &Name, account: &Account) -> Object {
    let mut metadata = within(resolved, namespace, account.name.as_str());
    let annotations = account.annotations.iter().map(|(key, it)| (key.to_string(), it.clone()));
    metadata.annotations = Some(annotations.collect()).filter(|_| !account.annotations.is_empty());
    ServiceAccount { metadata, automount_service_account_token: Some(false), ..Default::default() }.into()
}

fn provider(provider: &Provider, server: &str) -> crd::Provider {
    let account =
        |it: &Account| crd::AccountRef { audiences: it.audiences.clone(), name: it.name.to_string() };
    match provider {
        Provider::Doppler(it) => crd::Provider::Doppler(crd::Doppler {
            auth: crd::DopplerAuth {
                secret_ref: crd::DopplerToken {
                    doppler_token: crd::SecretKeyRef {
                        key: it.token.key.to_string(),
                        name: it.token.secret.to_string(),
                    },
                },
            },
            config: it.config.clone(),
            project: it.project.clone(),
        }),
        Provider::Vault(it) => crd::Provider::Vault(crd::Vault {
            auth: crd::VaultAuth {
                kubernetes: crd::VaultKubernetes {
                    mount_path: it.auth_mount.clone(),
                    role: it.role.clone(),
                    service_account_ref: account(&it.account),
                },
            },
            ca_provider: it.ca_cert_secret.as_ref().map(|name| crd::CaProvider {
                key: "ca.crt".to_owned(),
                name: name.to_string(),
                kind: "Secret",
            }),
            path: it.mount.clone(),
            server: server.to_owned(),
            version: match it.kind {
                VaultType::KvV1 => "v1",
                VaultType::KvV2 => "v2",
            },
        }),
        Provider::Aws(it) => crd::Provider::Aws(crd::Aws {
            auth: crd::AwsAuth { jwt: crd::Jwt { service_account_ref: account(&it.account) } },
            region: it.region.clone(),
            role: it.role.clone(),
            service: it.service.as_str(),
        }),
        Provider::Gcp(it) => crd::Provider::Gcp(crd::Gcp {
            auth: crd::GcpAuth {
                workload_identity: crd::WorkloadIdentity {
                    cluster_location: it.cluster_location.clone(),
                    cluster_name: it.cluster_name.clone(),
                    service_account_ref: account(&it.account),
                },
            },
            project_id: it.project.clone(),
        }),
        Provider::Azure(it) => crd::Provider::Azure(crd::Azure {
            auth_type: "WorkloadIdentity",
            service_account_ref: account(&it.account),
            tenant_id: it.tenant_id.clone(),
            vault_url: it.vault_url.clone(),
        }),
        Provider::Kubernetes(it) => crd::Provider::Kubernetes(crd::Kubernetes {
            auth: crd::KubernetesAuth { service_account: account(&it.account) },
            remote_namespace: it.namespace.to_string(),
            server: crd::KubernetesServer {
                ca_provider: crd::CaProvider {
                    key: "ca.crt".to_owned(),
                    // Every namespace has it (kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin).
                    name: "kube-root-ca.crt".to_owned(),
                    kind: "ConfigMap",
                },
            },
        }),
    }
}
