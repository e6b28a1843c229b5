//! The names of ConfigMaps that Kustomize makes, where others name them.

use serde_json::Value;

use super::Suffixed;
use crate::k8s::Object;

/// Gives references to generated ConfigMaps their suffix, as Kustomize does.
pub(super) fn suffix(suffixed: &[&Suffixed], object: &mut Object) {
    if suffixed.iter().all(|it| it.is_empty()) {
        return;
    }
    let namespace = object.id().namespace.unwrap_or_default();
    let rename = |name: &mut String| {
        let key = (namespace.clone(), name.clone());
        if let Some(suffixed) = suffixed.iter().find_map(|it| it.get(&key)) {
            name.clone_from(suffixed);
        }
    };
    if let Object::Role(role) = object {
        let rules = role.rules.iter_mut().flatten();
        rules.flat_map(|it| it.resource_names.iter_mut().flatten()).for_each(rename);
        return;
    }
    if let Object::Raw(manifest) = object {
        return raw(manifest, &rename);
    }
    let Some(spec) = object.pod_template_mut().and_then(|it| it.spec.as_mut()) else { return };
    for volume in spec.volumes.iter_mut().flatten() {
        if let Some(map) = &mut volume.config_map {
            rename(&mut map.name);
        }
    }
    for container in spec.init_containers.iter_mut().flatten().chain(&mut spec.containers) {
        for source in container.env_from.iter_mut().flatten() {
            if let Some(map) = &mut source.config_map_ref {
                rename(&mut map.name);
            }
        }
        for variable in container.env.iter_mut().flatten() {
            if let Some(key) = variable.value_from.as_mut().and_then(|it| it.config_map_key_ref.as_mut()) {
                rename(&mut key.name);
            }
        }
    }
}

/// The same of pods that have no type here.
fn raw(manifest: &mut Value, rename: &dyn Fn(&mut String)) {
    let place = if manifest["kind"] == "Pod" { "/spec" } else { "/spec/template/spec" };
    let Some(spec) = manifest.pointer_mut(place) else { return };
    each(spec, "volumes", &mut |it| named(it, "/configMap/name", rename));
    for list in ["initContainers", "containers"] {
        each(spec, list, &mut |container| {
            each(container, "envFrom", &mut |it| named(it, "/configMapRef/name", rename));
            each(container, "env", &mut |it| named(it, "/valueFrom/configMapKeyRef/name", rename));
        });
    }
}

fn each(value: &mut Value, list: &str, apply: &mut dyn FnMut(&mut Value)) {
    value.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().for_each(apply);
}

fn named(value: &mut Value, pointer: &str, rename: &dyn Fn(&mut String)) {
    if let Some(Value::String(name)) = value.pointer_mut(pointer) {
        rename(name);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pods_without_a_type_name_what_kustomize_makes() {
        let suffixed =
            Suffixed::from([(("app".to_owned(), "web-files".to_owned()), "web-files-abc".to_owned())]);
        let mut rollout = Object::from(json!({
            "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": { "name": "web", "namespace": "app" },
            "spec": { "template": { "spec": {
                "volumes": [{ "name": "a", "configMap": { "name": "web-files" } }, { "name": "b", "configMap": { "name": "other" } }],
                "containers": [{
                    "envFrom": [{ "configMapRef": { "name": "web-files" } }],
                    "env": [{ "name": "A", "valueFrom": { "configMapKeyRef": { "name": "web-files", "key": "a" } } }],
                }],
            } } },
        }));
        suffix(&[&suffixed], &mut rollout);
        let spec = &rollout.to_value()["spec"]["template"]["spec"];
        assert_eq!(spec["volumes"][0]["configMap"]["name"], "web-files-abc");
        assert_eq!(spec["volumes"][1]["configMap"]["name"], "other");
        assert_eq!(spec["containers"][0]["envFrom"][0]["configMapRef"]["name"], "web-files-abc");
        assert_eq!(spec["containers"][0]["env"][0]["valueFrom"]["configMapKeyRef"]["name"], "web-files-abc");
    }
}
