//! Mounts in each other's way.

use k8s_openapi::api::core::v1::Container;

use super::objects::Spot;
use super::{Check, Facts, Objects, Rule, Written};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::k8s::Object;
use crate::model::AbsolutePath;
use crate::resolve::{Component, Described};

pub(super) static RULE: Rule =
    Rule { code: &CODE, check: Check::Each(&[Check::Object(check), Check::Written(written)]) };

static CODE: Code = Code {
    id: "SG510",
    name: "mount-conflict",
    severity: Error,
    docs: "\
## What it finds
Two mounts at one path, a mount below a mounted file, or a mount inside a read-only folder of a secret, certificate or config.

## Why it matters
The API server refuses two mounts at one path; the others keep the container from starting, for the runtime cannot make the place to mount at.

## Example
```yaml
services: { web: { files: { /etc/app: { secret: app }, /etc/app/extra.conf: { content: \"\" } } } }
```

## What to do
Move one of them to another folder.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    let Some(component) = component else { return };
    let Some(pod) = object.pod_template().and_then(|it| it.spec.as_ref()) else { return };
    let described = facts.resolved.containers(component);
    for container in pod.init_containers.iter().flatten().chain(&pod.containers) {
        if let Some(one) = described.clone().find(|it| it.name.as_str() == container.name) {
            judge(container, &one, sink);
        }
    }
}

fn judge(container: &Container, one: &Described<'_>, sink: &mut Sink) {
    let mounts = container.volume_mounts.as_deref().unwrap_or_default();
    let path = |at: usize| mounts[at].mount_path.trim_end_matches('/');
    for later in 0..mounts.len() {
        for earlier in 0..later {
            let (outer, inner) =
                if path(earlier).len() <= path(later).len() { (earlier, later) } else { (later, earlier) };
            let below = path(inner).strip_prefix(path(outer));
            let what = match below {
                Some("") => "two things are mounted at",
                Some(rest) if !rest.starts_with('/') => continue,
                Some(_) if mounts[outer].sub_path.is_some() => "the path runs through a mounted file:",
                Some(_) if mounts[outer].read_only == Some(true) => "the path is inside a read-only mount:",
                _ => continue,
            };
            let places = [places(one, path(outer)), places(one, path(inner))].concat();
            let (Some(first), Some(last)) = (places.first(), places.last()) else { continue };
            let message = format!("{what} `{}`", path(inner));
            sink.push(
                Diagnostic::at_key(&CODE, last, message)
                    .also(At::Node(first.clone(), Part::Key), "the other mount")
                    .note("the container cannot start")
                    .help("move one of them to another folder"),
            );
        }
    }
}

/// Where the stack says that something is mounted at a path.
fn places(one: &Described<'_>, path: &str) -> Vec<Route> {
    let same = |it: &&AbsolutePath| it.as_str().trim_end_matches('/') == path;
    let below = |section: &str, it: &AbsolutePath| one.at().join(section).join(it.as_str());
    let files = one.container.files.keys().filter(same).map(|it| below("files", it));
    let volumes = one.volumes.paths().into_iter().filter(same).map(|it| below("volumes", it));
    let mut found: Vec<Route> = files.chain(volumes).collect();
    if found.is_empty() {
        found.push(one.at().join("mountPath"));
    }
    found
}

fn written(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    let Some(pods) = object.pods() else { return };
    for container in pods.containers() {
        let mounts = container.spot.below("volumeMounts").items();
        for (index, mount) in mounts.iter().enumerate() {
            let path = |it: &Spot<'_>| it.below("mountPath").text().trim_end_matches('/').to_owned();
            if let Some(first) = mounts[..index].iter().find(|it| path(it) == path(mount)) {
                let message = format!("two things are mounted at `{}`", path(mount));
                let found = mount
                    .below("mountPath")
                    .found(&CODE, message)
                    .also(first.below("mountPath").at(), "the other mount");
                sink.push(
                    found.note("the container cannot start").help("move one of them to another folder"),
                );
            }
        }
    }
}
