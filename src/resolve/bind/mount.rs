//! What a container mounts: files of the stack, secrets, configs, writable places.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::super::file::Context;
use super::super::reference::Scope;
use super::super::{Component, Section, codes, reference};
use super::Binder;
use crate::diag::{At, Diagnostic, Part, Route, Sink};
use crate::model::{Container, FileKey, FileSource, Name, Store, VaultType, Volume};
use crate::stateful::Bound;
use crate::workload::{ClaimTemplate, ConfigFiles, Reserved};

impl Binder<'_> {
    pub(super) fn files(
        &mut self,
        component: &Component,
        container: &Container,
        bound: &mut Bound,
        sink: &mut Sink,
    ) {
        let mut texts = BTreeMap::new();
        let config_name = format!("{}-files", component.name);
        for (index, (path, source)) in container.files.iter().enumerate() {
            let at = component.route().join("files").join(path.as_str());
            let volume = format!("file-{index}");
            let mut mount = core::VolumeMount {
                name: volume.clone(),
                mount_path: path.to_string(),
                read_only: Some(true),
                ..Default::default()
            };
            let text = match source {
                FileSource::Template(file, mode) => {
                    let context = Context::new(self.resolved, component);
                    self.reader
                        .template(file.as_str(), &at.join("template"), &context, sink)
                        .map(|it| (it, *mode))
                }
                FileSource::File(file, mode) => {
                    self.file(file.as_str(), &at.join("file"), sink).map(|it| (it, *mode))
                }
                FileSource::Content(text, mode) => {
                    let text = reference::text(
                        self.resolved,
                        Scope::component(component),
                        text,
                        || at.join("content"),
                        sink,
                    );
                    Some((text, *mode))
                }
                FileSource::Secret { name, key, mode, certificate: _ } => {
                    if !self.secret_key(component, name, key.as_ref(), &at, sink) {
                        continue;
                    }
                    if let Some((_, _, Some(Store::VaultAgent(_)))) = self.resolved.secret(name) {
                        self.inject(name, key.as_ref(), path.as_str(), bound, &at, sink);
                        continue;
                    }
                    if let Some(key) = key {
                        mount.sub_path = Some(key.to_string());
                    }
                    bound.volumes.push(core::Volume {
                        name: volume,
                        secret: Some(core::SecretVolumeSource {
                            secret_name: Some(name.to_string()),
                            default_mode: mode.map(|it| it.0),
                            ..Default::default()
                        }),
                        ..Default::default()
                    });
                    bound.container.volume_mounts.get_or_insert_default().push(mount);
                    continue;
                }
                FileSource::Config { name, key, mode } => {
                    self.config_key(component, name, key.as_ref(), &at, sink);
                    if let Some(key) = key {
                        mount.sub_path = Some(key.to_string());
                    }
                    bound.volumes.push(config_volume(volume, name.as_str(), mode.map(|it| it.0)));
                    bound.container.volume_mounts.get_or_insert_default().push(mount);
                    continue;
                }
            };
            let Some((text, mode)) = text else { continue };
            if let Some(hazard) =
                crate::emit::hazard(&text).filter(|it| !matches!(it, crate::emit::Hazard::MergeKey))
            {
                let message = format!("the file cannot pass through Kustomize: {hazard}");
                sink.push(Diagnostic::at_key(&crate::model::codes::BAD_VALUE, &at, message));
            }
            let key = file_key(path.as_str(), &texts);
            mount.sub_path = Some(key.clone());
            mount.name = match mode {
                None => "files".to_owned(),
                Some(mode) => format!("files-{:o}", mode.0),
            };
            if !bound.volumes.iter().any(|it| it.name == mount.name) {
                bound.volumes.push(config_volume(mount.name.clone(), &config_name, mode.map(|it| it.0)));
            }
            bound.container.volume_mounts.get_or_insert_default().push(mount);
            texts.insert(key, text);
        }
        if !texts.is_empty() {
            bound.files = Some(ConfigFiles { name: config_name, files: texts });
        }
    }

    pub(super) fn volumes(
        &mut self,
        component: &Component,
        container: &Container,
        bound: &mut Bound,
        sink: &mut Sink,
    ) {
        for (index, (path, volume)) in container.volumes.iter().enumerate() {
            let below = Route::of(&["volumes", path.as_str()]);
            let at = component.route().join("volumes").join(path.as_str());
            let name = format!("volume-{index}");
            let mut mount =
                core::VolumeMount { name: name.clone(), mount_path: path.to_string(), ..Default::default() };
            match volume {
                Volume::EmptyDir { limit, memory } => bound.volumes.push(empty_dir(name, limit, *memory)),
                Volume::Claim(claim) => {
                    if component.section == Section::Services {
                        sink.push(claim_on_service(component, &at));
                    }
                    let reserved = claim.volume.as_ref();
                    let reserved =
                        reserved.map(|it| Reserved { volume: it.clone(), at: below.join("volume") });
                    bound.claims.push(ClaimTemplate {
                        name,
                        size: claim.size.clone(),
                        class: claim.storage_class.as_ref().map(ToString::to_string),
                        volume: reserved,
                    });
                }
                Volume::Shared(shared) => {
                    self.claim(component, &shared.claim, &at, sink);
                    mount.read_only = shared.read_only.then_some(true);
                    let source = core::PersistentVolumeClaimVolumeSource {
                        claim_name: shared.claim.to_string(),
                        read_only: None,
                    };
                    bound.volumes.push(core::Volume {
                        name,
                        persistent_volume_claim: Some(source),
                        ..Default::default()
                    });
                }
            }
            bound.container.volume_mounts.get_or_insert_default().push(mount);
        }
    }

    /// Notes a shared claim that a component mounts; reports one that does not exist or that its pods cannot see.
    fn claim(&mut self, component: &Component, name: &Name, at: &Route, sink: &mut Sink) {
        let stack = &self.resolved.stack;
        let Some(claim) = stack.claims.get(name) else {
            let known = stack.claims.keys().map(Name::as_str);
            sink.extend(self.resolved.unknown("claim", name.as_str(), &at.join("shared"), "claims", known));
            return;
        };
        self.used.insert(format!("claims/{name}"));
        let namespace = self.resolved.namespace_or_only(claim.namespace.as_ref());
        if namespace != component.namespace {
            let message = format!(
                "claim `{name}` is in namespace `{namespace}`, `{}` in `{}`",
                component.name, component.namespace
            );
            let declared = At::Node(Route::of(&["claims", name.as_str()]), Part::Key);
            sink.push(
                Diagnostic::at_value(&codes::OTHER_NAMESPACE, &at.join("shared"), message)
                    .also(declared, "declared here")
                    .help(format!(
                        "declare a claim in `{}`; pods mount those of their own namespace",
                        component.namespace
                    )),
            );
        }
    }

    /// Annotations that let the Vault Agent write a secret's keys below or at a path.
    /// Names: developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations.
    fn inject(
        &self,
        name: &Name,
        key: Option<&FileKey>,
        path: &str,
        bound: &mut Bound,
        at: &Route,
        sink: &mut Sink,
    ) {
        let Some(secret) = self.resolved.stack.secrets.get(name) else { return };
        let Some(Store::VaultAgent(agent)) = self.resolved.stack.stores.get(&secret.from) else { return };
        let Some(secret_path) = &secret.path else { return };
        let mut set = |key: &str, value: String| {
            bound.annotations.insert(format!("vault.hashicorp.com/{key}"), value);
        };
        set("agent-inject", "true".into());
        set("role", agent.role.clone());
        set("auth-path", agent.auth_path.clone());
        // Pods mount no token of their own; the agent logs in with this one.
        set("agent-service-account-token-volume-name", AGENT_TOKEN.into());
        if let Some(address) = &agent.address {
            set("service", reference::text(self.resolved, Scope::OUTSIDE, address, || at.clone(), sink));
        }
        if let Some(secret) = &agent.ca_cert_secret {
            set("tls-secret", secret.to_string());
            set("ca-cert", "/vault/tls/ca.crt".into());
        }
        if !bound.volumes.iter().any(|it| it.name == AGENT_TOKEN) {
            bound.volumes.push(agent_token());
        }
        let (full, data) = match agent.kind {
            VaultType::KvV2 => (format!("{}/data/{secret_path}", agent.mount), ".Data.data"),
            VaultType::KvV1 => (format!("{}/{secret_path}", agent.mount), ".Data"),
        };
        let wanted = secret.keys.0.iter().filter(|(it, _)| key.is_none_or(|key| key == *it));
        for (one, remote) in wanted {
            let id = format!("{name}-{one}");
            let (folder, file) = match key {
                Some(_) => path.rsplit_once('/').unwrap_or(("", path)),
                None => (path, one.as_str()),
            };
            set(&format!("agent-inject-secret-{id}"), full.clone());
            set(
                &format!("agent-inject-template-{id}"),
                format!(
                    "{{{{- with secret \"{full}\" -}}}}{{{{ index {data} \"{remote}\" }}}}{{{{- end -}}}}"
                ),
            );
            set(&format!("agent-inject-file-{id}"), file.to_owned());
            set(
                &format!("secret-volume-path-{id}"),
                if folder.is_empty() { "/".into() } else { folder.to_owned() },
            );
        }
    }
}

/// The volume with the token that the Vault Agent logs in with.
const AGENT_TOKEN: &str = "vault-agent-token";

fn agent_token() -> core::Volume {
    let token = core::ServiceAccountTokenProjection {
        expiration_seconds: Some(3600),
        path: "token".to_owned(),
        ..Default::default()
    };
    let source = core::VolumeProjection { service_account_token: Some(token), ..Default::default() };
    core::Volume {
        name: AGENT_TOKEN.to_owned(),
        projected: Some(core::ProjectedVolumeSource { sources: Some(vec![source]), ..Default::default() }),
        ..Default::default()
    }
}

fn claim_on_service(component: &Component, at: &Route) -> Diagnostic {
    let message = format!("`{}` is a service and claims storage for each pod", component.name);
    Diagnostic::at_key(&codes::CLAIM_ON_SERVICE, at, message)
        .note("the pods of a service have no names by which they would find their storage again")
        .help("make it a `stateful` tier of kind `custom`, declare one claim for all pods under `claims` and mount it with `shared`, or use `emptyDir`")
}

fn empty_dir(name: String, limit: &crate::model::Quantity, memory: bool) -> core::Volume {
    core::Volume {
        name,
        empty_dir: Some(core::EmptyDirVolumeSource {
            size_limit: Some(Quantity(limit.to_string())),
            medium: memory.then(|| "Memory".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn config_volume(name: String, config_map: &str, mode: Option<i32>) -> core::Volume {
    core::Volume {
        name,
        config_map: Some(core::ConfigMapVolumeSource {
            name: config_map.to_owned(),
            default_mode: mode,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A ConfigMap key for a path: the file's own name where it is free, else the whole path.
fn file_key(path: &str, taken: &BTreeMap<String, String>) -> String {
    let clean = |it: &str| -> String {
        let inner = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' };
        it.trim_matches('/').chars().map(inner).collect()
    };
    let short = clean(path.rsplit('/').next().unwrap_or(path));
    // Kustomize takes a key that reads as a number, boolean or null for one.
    if short.is_empty() || taken.contains_key(&short) || !short.contains('.') { clean(path) } else { short }
}
