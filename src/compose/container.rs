//! A container as a service.

use indexmap::IndexMap;
use k8s_openapi::api::core::v1 as core;

use super::Builder;
use super::file::{Deploy, Hook, Limits, Resources, Service};
use super::mount::Kept;
use super::text::{expanded, literal, literals};
use super::workload::Place;
use crate::model::Quantity;

impl Builder<'_> {
    /// A service that runs a container, without its networks and what it waits for; and the volumes that Docker would leave to root.
    pub(super) fn container(&mut self, place: &Place<'_>, container: &core::Container) -> (Service, Kept) {
        let environment = self.environment(place, container);
        let texts = |it: &Option<Vec<String>>| {
            let all =
                it.as_ref().map(|it| it.iter().map(|it| expanded(it, &environment)).collect::<Vec<_>>());
            all.filter(|it| !it.is_empty())
        };
        let image = container.image.as_deref().unwrap_or_default();
        let (own, pod) = (container.security_context.as_ref(), &place.pod.security);
        let user = own.and_then(|it| it.run_as_user).or(pod.run_as_user);
        let group = own.and_then(|it| it.run_as_group).or(pod.run_as_group);
        let stop = container.lifecycle.as_ref().and_then(|it| it.pre_stop.as_ref()?.exec.as_ref());
        let mut service = Service {
            image: self.images.of(self.resolved, place.component, &container.name, image),
            user: user.map(|user| group.map_or_else(|| user.to_string(), |group| format!("{user}:{group}"))),
            entrypoint: texts(&container.command),
            command: texts(&container.args),
            stop_grace_period: Some(format!("{}s", place.pod.grace)),
            pre_stop: stop
                .and_then(|it| it.command.as_deref())
                .map(|it| Hook { command: literals(it) })
                .into_iter()
                .collect(),
            deploy: container.resources.as_ref().and_then(limits),
            ..Service::default()
        };
        service.environment = environment;
        let groups = pod.fs_group.iter().chain(pod.supplemental_groups.iter().flatten());
        let further = groups.filter(|it| group != Some(**it));
        service.group_add = further.map(ToString::to_string).collect();
        secure(own, pod, &mut service);
        let kept = self.mount(place, container, &mut service);
        service.entrypoint = service.entrypoint.take().map(|it| self.runnable(&service, &it));
        let hooks = std::mem::take(&mut service.pre_stop).into_iter();
        service.pre_stop = hooks.map(|it| Hook { command: self.runnable(&service, &it.command) }).collect();
        (service, kept)
    }

    /// A command whose program may be a script that is mounted: files beside the Compose file are not executable, so its
    /// interpreter is named.
    pub(super) fn runnable(&self, service: &Service, command: &[String]) -> Vec<String> {
        let script = |mount: &&super::file::Mount| Some(&mount.target) == command.first();
        let source =
            service.volumes.iter().find(script).and_then(|it| it.source.as_deref()?.strip_prefix("./"));
        let text = source.and_then(|it| self.files.get(it));
        let interpreter = text.and_then(|it| it.lines().next()?.strip_prefix("#!"));
        let words = interpreter.into_iter().flat_map(str::split_whitespace).map(str::to_owned);
        words.chain(command.iter().cloned()).collect()
    }

    /// The variables of a container, with those of secrets as variables of whoever runs the project.
    fn environment(&mut self, place: &Place<'_>, container: &core::Container) -> IndexMap<String, String> {
        let mut found = IndexMap::new();
        let taker = place.component.name.as_str();
        for source in container.env_from.iter().flatten() {
            let prefix = source.prefix.as_deref().unwrap_or_default();
            if let Some((name, keys)) = source.secret_ref.as_ref().and_then(|it| self.secret_keys(&it.name)) {
                for key in keys {
                    let value = self.variables.value(&name, &key, taker);
                    found.insert(format!("{prefix}{key}"), value);
                }
            }
            let config = source.config_map_ref.as_ref().and_then(|it| self.configs.get(&it.name));
            for (key, text) in config.into_iter().flatten() {
                found.insert(format!("{prefix}{key}"), literal(text));
            }
        }
        for variable in container.env.iter().flatten() {
            let value = match (&variable.value, &variable.value_from) {
                (Some(text), _) => Some(expanded(text, &found)),
                (None, Some(from)) => self.taken(place, container, from),
                (None, None) => Some(String::new()),
            };
            if let Some(value) = value {
                found.insert(variable.name.clone(), value);
            }
        }
        found
    }

    /// A value from elsewhere.
    fn taken(
        &mut self,
        place: &Place<'_>,
        container: &core::Container,
        from: &core::EnvVarSource,
    ) -> Option<String> {
        if let Some(it) = &from.secret_key_ref {
            return Some(self.variables.value(&it.name, &it.key, place.component.name.as_str()));
        }
        if let Some(it) = &from.config_map_key_ref {
            return self.configs.get(&it.name)?.get(&it.key).map(|it| literal(it));
        }
        if let Some(it) = &from.field_ref {
            return field(self.resolved, place, &it.field_path).map(|it| literal(&it));
        }
        let resource = &from.resource_field_ref.as_ref()?.resource;
        let (kind, name) = resource.split_once('.')?;
        let resources = container.resources.as_ref()?;
        let all = if kind == "limits" { &resources.limits } else { &resources.requests };
        let amount = Quantity::parse(&all.as_ref()?.get(name)?.0).ok()?;
        // Kubernetes rounds up.
        Some(((amount.milli() + 999) / 1000).to_string())
    }
}

/// A field of a pod. Its own name stands for its address, because a container finds itself by it.
fn field(resolved: &crate::resolve::Resolved, place: &Place<'_>, path: &str) -> Option<String> {
    let common = resolved.common(place.component);
    let key = |path: &str, section: &str| -> Option<String> {
        Some(path.strip_prefix(section)?.strip_prefix("['")?.strip_suffix("']")?.to_owned())
    };
    match path {
        "metadata.name" | "status.podIP" | "status.podIPs" => Some(place.host.clone()),
        "metadata.namespace" => Some(resolved.namespace(&place.component.namespace).to_owned()),
        "spec.serviceAccountName" => Some(place.component.service_account.clone()),
        _ => {
            let label = key(path, "metadata.labels").and_then(|it| common.labels.get(it.as_str()));
            let annotation =
                key(path, "metadata.annotations").and_then(|it| common.annotations.get(it.as_str()));
            label.or(annotation).cloned()
        }
    }
}

/// What a container may do.
fn secure(own: Option<&core::SecurityContext>, pod: &core::PodSecurityContext, service: &mut Service) {
    let Some(own) = own else { return };
    service.read_only = own.read_only_root_filesystem == Some(true);
    service.privileged = own.privileged == Some(true);
    if let Some(capabilities) = &own.capabilities {
        service.cap_add = capabilities.add.clone().unwrap_or_default();
        service.cap_drop = capabilities.drop.clone().unwrap_or_default();
    }
    if own.allow_privilege_escalation == Some(false) {
        service.security_opt.push("no-new-privileges:true".to_owned());
    }
    let seccomp = own.seccomp_profile.as_ref().or(pod.seccomp_profile.as_ref());
    if seccomp.is_some_and(|it| it.type_ == "Unconfined") {
        service.security_opt.push("seccomp:unconfined".to_owned());
    }
    let apparmor = own.app_armor_profile.as_ref().or(pod.app_armor_profile.as_ref());
    match apparmor.map(|it| (it.type_.as_str(), it.localhost_profile.as_deref())) {
        Some(("Unconfined", _)) => service.security_opt.push("apparmor:unconfined".to_owned()),
        Some(("Localhost", Some(profile))) => service.security_opt.push(format!("apparmor:{profile}")),
        _ => {}
    }
}

/// What a container may use at most. What it asks for is for a scheduler.
fn limits(resources: &core::ResourceRequirements) -> Option<Deploy> {
    let amount = |key: &str| Quantity::parse(&resources.limits.as_ref()?.get(key)?.0).ok();
    let limits = Limits {
        cpus: amount("cpu").map(|it| decimal(it.milli())),
        memory: amount("memory").map(|it| bytes(it.whole())),
    };
    (limits != Limits::default()).then_some(Deploy { resources: Resources { limits } })
}

/// Thousandths as a decimal.
fn decimal(milli: i128) -> String {
    let (whole, rest) = (milli / 1000, milli % 1000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}").trim_end_matches('0').to_owned() }
}

/// An amount of memory in Compose's units, which are powers of 1024.
fn bytes(amount: i128) -> String {
    let units = [("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10)];
    let whole = units.iter().find(|(_, size)| amount % size == 0);
    whole.map_or_else(|| format!("{amount}b"), |(unit, size)| format!("{}{unit}", amount / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_units_of_compose() {
        assert_eq!(
            ["500m", "2", "1.25"].map(|it| decimal(Quantity::parse(it).expect("a literal").milli())),
            ["0.5", "2", "1.25"]
        );
        assert_eq!(
            ["64Mi", "2Gi", "1500", "1M"].map(|it| bytes(Quantity::parse(it).expect("a literal").whole())),
            ["64m", "2g", "1500b", "1000000b"]
        );
    }
}
