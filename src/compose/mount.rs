//! What a container mounts.

use k8s_openapi::api::core::v1 as core;

use super::Builder;
use super::file::{Bind, Mount, SecretFile, SecretMount, Service, Volume};
use super::workload::Place;
use crate::model::Quantity;

/// The volumes of a pod that Docker would leave to root.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Those with data: the pod's user has them.
    pub(super) owned: Vec<String>,
    /// Those of an `emptyDir`: everybody writes there.
    pub(super) open: Vec<String>,
}

impl Kept {
    /// Adds those of a further container.
    pub(super) fn add(&mut self, other: Self) {
        self.owned.extend(other.owned);
        self.open.extend(other.open);
    }
}

impl Builder<'_> {
    /// Gives a service what its container mounts; the volumes that belong to its user.
    pub(super) fn mount(
        &mut self,
        place: &Place<'_>,
        container: &core::Container,
        service: &mut Service,
    ) -> Kept {
        let mut kept = Kept::default();
        for mount in container.volume_mounts.iter().flatten() {
            if place.claims.iter().any(|it| it.name == mount.name) {
                let volume = format!("{}.{}", place.service, mount.name);
                kept.owned.extend(self.keep(volume, mount, service));
                continue;
            }
            let Some(volume) = place.pod.volumes.iter().find(|it| it.name == mount.name) else { continue };
            if let Some(map) = &volume.config_map {
                let items: Vec<_> = items(map.items.as_deref());
                self.config(place, &map.name, &items, mount, service);
            } else if let Some(secret) = &volume.secret {
                let name = secret.secret_name.as_deref().unwrap_or_default();
                self.secret(place, name, &items(secret.items.as_deref()), (container, mount), service);
            } else if let Some(projected) = &volume.projected {
                for source in projected.sources.iter().flatten() {
                    if let Some(it) = &source.secret {
                        self.secret(
                            place,
                            &it.name,
                            &items(it.items.as_deref()),
                            (container, mount),
                            service,
                        );
                    }
                    if let Some(it) = &source.config_map {
                        self.config(place, &it.name, &items(it.items.as_deref()), mount, service);
                    }
                }
            } else if let Some(empty) = &volume.empty_dir {
                if self.is_volume(place, container, mount, empty, service) {
                    let volume = format!("{}.{}", place.service, mount.name);
                    kept.open.extend(self.name_volume(volume, mount, service));
                } else {
                    let size = empty.size_limit.as_ref().and_then(|it| Quantity::parse(&it.0).ok());
                    service.tmpfs.push(tmpfs(mount, size.map(|it| it.whole()), service.user.as_deref()));
                }
            } else if let Some(claim) = &volume.persistent_volume_claim {
                kept.owned.extend(self.keep(claim.claim_name.clone(), mount, service));
            }
        }
        kept
    }

    /// Whether an `emptyDir` is a volume: it is no memory, unless the stack says so or nobody could give it to its user.
    fn is_volume(
        &self,
        place: &Place<'_>,
        container: &core::Container,
        mount: &core::VolumeMount,
        empty: &core::EmptyDirVolumeSource,
        service: &Service,
    ) -> bool {
        let below = |it: &core::VolumeMount| {
            it.name != mount.name
                && std::path::Path::new(&it.mount_path).starts_with(&mount.mount_path)
                && place.pod.volumes.iter().any(|volume| {
                    volume.name == it.name && (volume.secret.is_some() || volume.projected.is_some())
                })
        };
        // Compose copies secrets before memory is mounted over them.
        place.shared.contains(&mount.name)
            || container.volume_mounts.iter().flatten().any(below)
            || empty.medium.as_deref() != Some("Memory")
                && (self.resolved.stack.compose.probes.is_some() || service.user.is_none())
    }

    /// What outlives the container, unless the stack says that nothing does.
    fn keep(&mut self, volume: String, mount: &core::VolumeMount, service: &mut Service) -> Option<String> {
        if self.resolved.stack.compose.keep_data {
            return self.name_volume(volume, mount, service);
        }
        // Else Docker makes a volume of its own, where the image declares one.
        service.tmpfs.push(tmpfs(mount, None, service.user.as_deref()));
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
        (container, mount): (&core::Container, &core::VolumeMount),
        service: &mut Service,
    ) {
        let Some((name, keys)) = self.secret_keys(name) else { return };
        let mut shown = wanted(items, keys.iter().map(String::as_str), mount);
        if items.is_empty() && mount.sub_path.is_none() {
            let texts = self.texts(place, container, service);
            let unread = super::unread::keys(&mount.mount_path, &keys, &texts);
            shown.retain(|(key, _)| !unread.contains(key) || self.variables.declares(&name, key));
        }
        for (key, target) in shown {
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

/// A folder in memory: the container's user has it, and everybody may write and delete what is theirs.
fn tmpfs(mount: &core::VolumeMount, size: Option<i128>, user: Option<&str>) -> String {
    let size = size.map(|it| format!("size={it},")).unwrap_or_default();
    let user = user.map(|it| {
        it.split_once(':')
            .map_or_else(|| format!("uid={it},"), |(user, group)| format!("uid={user},gid={group},"))
    });
    format!("{}:exec,{size}{}mode=1777", mount.mount_path, user.unwrap_or_default())
}

/// Something mounted at a path.
pub(super) fn plain(kind: &'static str, target: &str) -> Mount {
    Mount { r#type: kind, source: None, target: target.to_owned(), read_only: false, bind: None }
}
