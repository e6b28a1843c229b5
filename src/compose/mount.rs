//! What a container mounts.

use k8s_openapi::api::core::v1 as core;

use super::Builder;
use super::file::{Bind, Mount, SecretFile, SecretMount, Service, Tmpfs, Volume};
use super::workload::Place;
use crate::model::Quantity;

/// Everybody may write, and delete what is theirs.
const SHARED_MODE: u32 = 0o1777;

impl Builder<'_> {
    /// Gives a service what its container mounts; the volumes that belong to its user.
    pub(super) fn mount(
        &mut self,
        place: &Place<'_>,
        container: &core::Container,
        service: &mut Service,
    ) -> Vec<String> {
        let mut owned = Vec::new();
        for mount in container.volume_mounts.iter().flatten() {
            if place.claims.iter().any(|it| it.name == mount.name) {
                let volume = format!("{}.{}", place.service, mount.name);
                owned.extend(self.keep(volume, mount, service));
                continue;
            }
            let Some(volume) = place.pod.volumes.iter().find(|it| it.name == mount.name) else { continue };
            if let Some(map) = &volume.config_map {
                let items: Vec<_> = items(map.items.as_deref());
                self.config(place, &map.name, &items, mount, service);
            } else if let Some(secret) = &volume.secret {
                let name = secret.secret_name.as_deref().unwrap_or_default();
                self.secret(place, name, &items(secret.items.as_deref()), mount, service);
            } else if let Some(projected) = &volume.projected {
                for source in projected.sources.iter().flatten() {
                    if let Some(it) = &source.secret {
                        self.secret(place, &it.name, &items(it.items.as_deref()), mount, service);
                    }
                    if let Some(it) = &source.config_map {
                        self.config(place, &it.name, &items(it.items.as_deref()), mount, service);
                    }
                }
            } else if let Some(empty) = &volume.empty_dir {
                if place.shared.contains(&mount.name) {
                    let volume = format!("{}.{}", place.service, mount.name);
                    owned.extend(self.name_volume(volume, mount, service));
                } else {
                    let size = empty.size_limit.as_ref().and_then(|it| Quantity::parse(&it.0).ok());
                    let size = size.and_then(|it| u64::try_from(it.whole()).ok());
                    service.volumes.push(tmpfs(mount, size));
                }
            } else if let Some(claim) = &volume.persistent_volume_claim {
                owned.extend(self.keep(claim.claim_name.clone(), mount, service));
            }
        }
        owned
    }

    /// What outlives the container, unless the stack says that nothing does.
    fn keep(&mut self, volume: String, mount: &core::VolumeMount, service: &mut Service) -> Option<String> {
        if self.resolved.stack.compose.keep_data {
            return self.name_volume(volume, mount, service);
        }
        // Where the container could not write at all.
        if service.read_only || service.user.is_some() {
            service.volumes.push(tmpfs(mount, None));
        }
        None
    }

    fn name_volume(
        &mut self,
        volume: String,
        mount: &core::VolumeMount,
        service: &mut Service,
    ) -> Option<String> {
        self.file.volumes.insert(volume.clone(), Volume {});
        let read_only = mount.read_only == Some(true);
        let target = &mount.mount_path;
        service.volumes.push(Mount { source: Some(volume.clone()), read_only, ..plain("volume", target) });
        (!read_only).then_some(volume)
    }

    /// The files of a component's own, or of a shared config.
    fn config(
        &mut self,
        place: &Place<'_>,
        map: &str,
        items: &[(&str, &str)],
        mount: &core::VolumeMount,
        service: &mut Service,
    ) {
        let own = place.files.iter().find(|it| it.name == map).map(|it| &it.files);
        let shared = self.configs.get(map);
        let Some(texts) = own.or(shared).cloned() else { return };
        let component = place.component.name.as_str();
        let folder = match own {
            Some(_) => {
                let set = map.strip_prefix(component).and_then(|it| it.strip_prefix('-')).unwrap_or(map);
                format!("{component}/{set}")
            }
            None => format!("configs/{map}"),
        };
        let mut bind = |key: &str, target: String, this: &mut Self| {
            let Some(text) = texts.get(key) else { return };
            let path = format!("{folder}/{key}");
            let source = Some(format!("./{path}"));
            this.files.insert(path, text.clone());
            let bind = Some(Bind { create_host_path: false });
            service.volumes.push(Mount { source, read_only: true, bind, ..plain("bind", &target) });
        };
        for (key, target) in wanted(items, texts.keys().map(String::as_str), mount) {
            bind(key, target, self);
        }
    }

    /// Keys of a secret.
    fn secret(
        &mut self,
        place: &Place<'_>,
        name: &str,
        items: &[(&str, &str)],
        mount: &core::VolumeMount,
        service: &mut Service,
    ) {
        let Some((name, _)) = self.secret_keys(name) else { return };
        let (_, keys) = self.secret_keys(&name).unwrap_or_default();
        for (key, target) in wanted(items, keys.iter().map(String::as_str), mount) {
            let environment = self.variables.name(&name, key, place.component.name.as_str());
            let source = format!("{name}.{key}");
            self.file.secrets.insert(source.clone(), SecretFile { environment });
            let (uid, gid) = match service.user.as_deref().map(|it| it.split_once(':').unwrap_or((it, ""))) {
                Some((uid, gid)) => (Some(uid.to_owned()), (!gid.is_empty()).then(|| gid.to_owned())),
                None => (None, None),
            };
            let mode = if uid.is_some() { "0400" } else { "0444" };
            service.secrets.push(SecretMount { source, target, uid, gid, mode });
            // Compose copies it into the container, and cannot where nothing may be written.
            service.read_only = false;
        }
    }
}

/// The keys that a mount shows, each with its path.
fn wanted<'a>(
    items: &[(&'a str, &'a str)],
    keys: impl Iterator<Item = &'a str>,
    mount: &core::VolumeMount,
) -> Vec<(&'a str, String)> {
    let all: Vec<(&str, &str)> =
        if items.is_empty() { keys.map(|it| (it, it)).collect() } else { items.to_vec() };
    if let Some(path) = &mount.sub_path {
        let one = all.into_iter().filter(|(_, it)| it == path);
        return one.map(|(key, _)| (key, mount.mount_path.clone())).collect();
    }
    let folder = mount.mount_path.trim_end_matches('/');
    all.into_iter().map(|(key, path)| (key, format!("{folder}/{path}"))).collect()
}

fn items(items: Option<&[core::KeyToPath]>) -> Vec<(&str, &str)> {
    items.into_iter().flatten().map(|it| (it.key.as_str(), it.path.as_str())).collect()
}

fn tmpfs(mount: &core::VolumeMount, size: Option<u64>) -> Mount {
    let tmpfs = Some(Tmpfs { size, mode: SHARED_MODE });
    Mount { tmpfs, ..plain("tmpfs", &mount.mount_path) }
}

/// Something mounted at a path.
pub(super) fn plain(kind: &'static str, target: &str) -> Mount {
    Mount { r#type: kind, source: None, target: target.to_owned(), read_only: false, bind: None, tmpfs: None }
}
