//! What a container mounts: files of the stack, secrets, configs, writable places.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::super::file::Context;
use super::super::reference::Scope;
use super::super::{Component, Described, Resolved, Section, codes, reference};
use super::Binder;
use crate::diag::{At, Diagnostic, Part, Route, Sink, and_list, nearest};
use crate::model::{
    AbsolutePath, FileKey, FileSource, Name, Quantity as Amount, SideVolume, Store, VaultType, Volume,
};
use crate::stateful::{Bound, Tier, pieces};
use crate::workload::{ClaimTemplate, ConfigFiles, Reserved};

impl Binder<'_> {
    pub(super) fn files(
        &mut self,
        one: &Described<'_>,
        container: &mut core::Container,
        bound: &mut Bound,
        sink: &mut Sink,
    ) {
        let component = one.owner;
        let mut texts = BTreeMap::new();
        let infix = one.infix();
        let config_name = format!("{}-{infix}files", one.pod_of());
        for (index, (path, source)) in one.container.files.iter().enumerate() {
            let at = one.at().join("files").join(path.as_str());
            let volume = format!("{infix}file-{index}");
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
                FileSource::Folder(folder, mode) => {
                    let Some(files) = self.folder(folder.as_str(), &at.join("folder"), sink) else {
                        continue;
                    };
                    let name = folder_name(one.pod_of().as_str(), path.as_str(), &bound.files, &config_name);
                    bound.volumes.push(config_volume(volume, &name, mode.map(|it| it.0)));
                    container.volume_mounts.get_or_insert_default().push(mount);
                    bound.files.push(ConfigFiles { name, files });
                    continue;
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
                    container.volume_mounts.get_or_insert_default().push(mount);
                    continue;
                }
                FileSource::Config { name, key, mode } => {
                    self.config_key(component, name, key.as_ref(), &at, sink);
                    if let Some(key) = key {
                        mount.sub_path = Some(key.to_string());
                    }
                    bound.volumes.push(config_volume(volume, name.as_str(), mode.map(|it| it.0)));
                    container.volume_mounts.get_or_insert_default().push(mount);
                    continue;
                }
            };
            let Some((text, mode)) = text else { continue };
            passes(&text, "the file", &at, sink);
            let key = file_key(path.as_str(), &texts);
            mount.sub_path = Some(key.clone());
            mount.name = match mode {
                None => format!("{infix}files"),
                Some(mode) => format!("{infix}files-{:o}", mode.0),
            };
            if !bound.volumes.iter().any(|it| it.name == mount.name) {
                bound.volumes.push(config_volume(mount.name.clone(), &config_name, mode.map(|it| it.0)));
            }
            container.volume_mounts.get_or_insert_default().push(mount);
            texts.insert(key, text);
        }
        if !texts.is_empty() {
            bound.files.push(ConfigFiles { name: config_name, files: texts });
        }
    }

    /// The texts of a folder of the stack, by name; none after a report.
    fn folder(&mut self, folder: &str, at: &Route, sink: &mut Sink) -> Option<BTreeMap<String, String>> {
        let files = self.reader.folder(folder, at, sink)?;
        let text = |(name, file): (String, crate::diag::FileId)| {
            let text = self.reader.sources.text(file).to_owned();
            passes(&text, &format!("`{name}`"), at, sink);
            (name, text)
        };
        Some(files.into_iter().map(text).collect())
    }

    pub(super) fn volumes(
        &mut self,
        one: &Described<'_>,
        volumes: &IndexMap<AbsolutePath, Volume>,
        container: &mut core::Container,
        bound: &mut Bound,
        sink: &mut Sink,
    ) {
        let component = one.owner;
        for (index, (path, volume)) in volumes.iter().enumerate() {
            let below = Route::of(&["volumes", path.as_str()]);
            let at = one.at().join("volumes").join(path.as_str());
            let name = format!("{}volume-{index}", one.infix());
            let mut mount =
                core::VolumeMount { name: name.clone(), mount_path: path.to_string(), ..Default::default() };
            match volume {
                Volume::EmptyDir { limit, memory } => bound.volumes.push(empty_dir(name, limit, *memory)),
                Volume::Claim(claim) => {
                    if component.section != Section::Stateful {
                        sink.push(claim_on_service(component, &at));
                    }
                    let reserved = claim.volume.as_ref();
                    let reserved =
                        reserved.map(|it| Reserved { volume: it.clone(), at: below.join("volume") });
                    bound.claims.push(ClaimTemplate {
                        name,
                        size: claim.size.clone(),
                        class: claim.storage_class.as_ref().map(ToString::to_string),
                        labels: BTreeMap::new(),
                        annotations: BTreeMap::new(),
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
            container.volume_mounts.get_or_insert_default().push(mount);
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
        // Tells whether the annotation had another value.
        let mut set = |key: &str, value: String| {
            let before = bound.annotations.insert(format!("vault.hashicorp.com/{key}"), value.clone());
            before.is_some_and(|it| it != value)
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
        let mut elsewhere = false;
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
            let folder = if folder.is_empty() { "/" } else { folder };
            elsewhere |= set(&format!("agent-inject-file-{id}"), file.to_owned());
            elsewhere |= set(&format!("secret-volume-path-{id}"), folder.to_owned());
        }
        if elsewhere {
            let message = format!("secret `{name}` is at another path of this pod already");
            sink.push(
                Diagnostic::at_key(&codes::WRONG_DELIVERY, at, message)
                    .note("the Vault Agent writes a key to one path, which all containers of the pod see")
                    .help("read it there, or fetch it by another store"),
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

/// Where containers run before the others, those of the Vault Agent run first: they write what these read.
pub(super) fn agent_first(bound: &mut Bound) {
    if !bound.init.is_empty() && bound.annotations.contains_key("vault.hashicorp.com/agent-inject") {
        bound.annotations.insert("vault.hashicorp.com/agent-init-first".to_owned(), "true".to_owned());
    }
}

/// Reports a text that Kustomize would change or refuse.
fn passes(text: &str, what: &str, at: &Route, sink: &mut Sink) {
    if let Some(hazard) = crate::emit::hazard(text).filter(|it| !matches!(it, crate::emit::Hazard::MergeKey))
    {
        let message = format!("{what} cannot pass through Kustomize: {hazard}");
        sink.push(Diagnostic::at_key(&crate::model::codes::BAD_VALUE, at, message));
    }
}

fn claim_on_service(component: &Component, at: &Route) -> Diagnostic {
    let kind = if component.section == Section::Jobs { "job" } else { "service" };
    let message = format!("`{}` is a {kind} and claims storage for each pod", component.name);
    Diagnostic::at_key(&codes::CLAIM_ON_SERVICE, at, message)
        .note(format!("the pods of a {kind} have no names by which they would find their storage again"))
        .help("make it a `stateful` tier of kind `custom`, declare one claim for all pods under `claims` and mount it with `shared`, or use `emptyDir`")
}

/// What a container beside the main one, which is bound before, writes to.
pub(super) fn beside(
    resolved: &Resolved,
    component: &Component,
    one: &Described<'_>,
    volumes: &IndexMap<AbsolutePath, SideVolume>,
    container: &mut core::Container,
    bound: &mut Bound,
    sink: &mut Sink,
) {
    for (index, (path, volume)) in volumes.iter().enumerate() {
        let mut mount = core::VolumeMount {
            name: format!("{}volume-{index}", one.infix()),
            mount_path: path.to_string(),
            ..Default::default()
        };
        match volume {
            SideVolume::EmptyDir { limit, memory } => {
                bound.volumes.push(empty_dir(mount.name.clone(), limit, *memory));
            }
            SideVolume::From { path: of_main, read_only } => {
                let Some(shared) = of_main_container(resolved, component, of_main, &bound.container) else {
                    let at = one.at().join("volumes").join(path.as_str()).join("from");
                    sink.push(unknown_volume(resolved, component, of_main, &at));
                    continue;
                };
                mount.name = shared.name;
                mount.sub_path = shared.sub_path;
                mount.read_only = shared.read_only.or(read_only.then_some(true));
            }
        }
        container.volume_mounts.get_or_insert_default().push(mount);
    }
}

/// What the main container has at a path: one of its volumes, or its storage.
fn of_main_container(
    resolved: &Resolved,
    component: &Component,
    path: &AbsolutePath,
    main: &core::Container,
) -> Option<core::VolumeMount> {
    let same = |it: &str| it.trim_end_matches('/') == path.as_str().trim_end_matches('/');
    let storage = resolved.tier(component).and_then(Tier::mount_path);
    if storage.is_some_and(|it| same(it.as_str())) {
        return Some(core::VolumeMount { name: pieces::DATA.to_owned(), ..Default::default() });
    }
    let (_, pod) = resolved.pod(component)?;
    pod.volumes.keys().find(|it| same(it.as_str()))?;
    main.volume_mounts.iter().flatten().find(|it| same(&it.mount_path)).cloned()
}

fn unknown_volume(resolved: &Resolved, component: &Component, path: &AbsolutePath, at: &Route) -> Diagnostic {
    let storage = resolved.tier(component).and_then(Tier::mount_path);
    let volumes = resolved.pod(component).into_iter().flat_map(|(_, pod)| pod.volumes.keys());
    let known: Vec<&str> = volumes.chain(storage).map(AbsolutePath::as_str).collect();
    let message = format!("the main container has no volume at `{path}`");
    let found = Diagnostic::at_value(&codes::UNKNOWN_NAME, at, message);
    match nearest(path.as_str(), known.iter().copied()) {
        Some(near) => found.help(format!("write `{near}`")),
        None if known.is_empty() => found.help("declare it under the component's `volumes`"),
        None => found.help(format!("it has one at {}", and_list(known.iter().copied()))),
    }
}

fn empty_dir(name: String, limit: &Amount, memory: bool) -> core::Volume {
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

/// The name of the ConfigMap for a folder at a path: the path's last step, where that is free.
fn folder_name(component: &str, path: &str, taken: &[ConfigFiles], reserved: &str) -> String {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let inner = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let clean: String = last.chars().map(inner).collect();
    let clean = match clean.trim_matches('-') {
        "" => "folder",
        name => name,
    };
    let free = |it: &String| it != reserved && taken.iter().all(|known| known.name != *it);
    let first = format!("{component}-{clean}");
    let further = (2..).map(|it| format!("{component}-{clean}-{it}"));
    std::iter::once(first).chain(further).find(free).unwrap_or_default()
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
    if !short.is_empty() && short.contains('.') && !taken.contains_key(&short) {
        return short;
    }
    let whole = clean(path);
    let further = (2..).map(|it| format!("{whole}-{it}"));
    let free = |it: &String| !taken.contains_key(it);
    std::iter::once(whole.clone()).chain(further).find(free).unwrap_or_default()
}
