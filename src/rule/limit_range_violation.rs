//! Containers, pods and claims outside the range of their namespace.

use super::demand::{amounts, defaults, parse, shown};
use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::k8s::Object;
use crate::k8s::usage::{Amounts, Usage, containers, pod};
use crate::model::{LimitRange, Name};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Object(check) };

static CODE: Code = Code {
    id: "SG443",
    name: "limit-range-violation",
    severity: Error,
    docs: "\
## What it finds
A container, pod or claim outside the `limitRange` of its namespace: a request below `min`, a limit above `max` or further above its request than `maxLimitRequestRatio`, a claim too small or too large; and a request above the limit that the range gives a container without one.

## Why it matters
Admission refuses the pods. The Deployment is there, has no pods, and says so in its events only.

## Example
```yaml
namespaces: { app: { limitRange: { container: { max: { memory: 1Gi } } } } }
services: { web: { resources: { requests: { memory: 1Gi }, limits: { memory: 2Gi } } } }
```

## What to do
Bring the resources into the range, or widen the range.
",
};

fn check(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    // Whose an object is takes longer to say.
    if facts.resolved.stack.namespaces.values().all(|it| it.limit_range.is_none()) {
        return;
    }
    let Some((key, namespace)) = facts.namespace_of(component, object) else { return };
    let Some(range) = &namespace.limit_range else { return };
    let judge = Judge { key, range, component };
    judge.claims(object, sink);
    let Some(pods) = object.pods() else { return };
    let Some(spec) = &pods.spec else { return };
    let defaults = defaults(namespace);
    let one = |it: Option<&_>| Usage::of(it, &defaults, parse);
    for container in containers(spec) {
        let at = component.map(|it| facts.container_at(it, &container.name)).unwrap_or_default();
        judge.container(&container.name, &one(container.resources.as_ref()), &at, sink);
    }
    if let Some(bounds) = &range.pod {
        let all = pod(spec, &defaults, parse);
        let (min, max) = (amounts(&bounds.min), amounts(&bounds.max));
        let name = component.map_or("", |it| it.name.as_str());
        judge.bounds(&Held { what: "pod", name, section: "pod" }, &all, (&min, &max), &judge.at(), sink);
    }
}

/// What is held against a range.
struct Held<'a> {
    what: &'a str,
    name: &'a str,
    /// The key of the range.
    section: &'a str,
}

struct Judge<'a> {
    key: &'a Name,
    range: &'a LimitRange,
    component: Option<&'a Component>,
}

impl Judge<'_> {
    fn at(&self) -> Route {
        self.component.map(|it| it.route().clone()).unwrap_or_default()
    }

    fn push(&self, at: &Route, message: String, bound: [&str; 3], sink: &mut Sink) {
        let place = bound
            .iter()
            .fold(Route::of(&["namespaces", self.key.as_str(), "limitRange"]), |at, step| at.join(step));
        sink.push(
            Diagnostic::at_key(&CODE, at, message)
                .also(At::Node(place, Part::Key), format!("the range of `{}`", self.key))
                .note("admission refuses it")
                .help("bring it into the range, or widen the range"),
        );
    }

    fn bounds(
        &self,
        part: &Held<'_>,
        usage: &Usage,
        (min, max): (&Amounts, &Amounts),
        at: &Route,
        sink: &mut Sink,
    ) {
        let Held { what, name, section } = part;
        for (resource, least) in min {
            let has = usage.requests.get(resource).copied().unwrap_or(0);
            if has < *least {
                let (has, least) = (shown(resource, has), shown(resource, *least));
                let message =
                    format!("{what} `{name}` requests {has} of {resource}, and the least is {least}");
                self.push(&at.join("resources"), message, [section, "min", resource], sink);
            }
        }
        for (resource, most) in max {
            let limit = usage.limits.get(resource).or_else(|| usage.requests.get(resource));
            let Some(has) = limit.filter(|it| *it > most) else { continue };
            let (has, most) = (shown(resource, *has), shown(resource, *most));
            let message = format!("{what} `{name}` may use {has} of {resource}, and the most is {most}");
            self.push(&at.join("resources"), message, [section, "max", resource], sink);
        }
    }

    fn container(&self, name: &str, usage: &Usage, at: &Route, sink: &mut Sink) {
        let Some(range) = &self.range.container else { return };
        let part = Held { what: "container", name, section: "container" };
        self.bounds(&part, usage, (&amounts(&range.min), &amounts(&range.max)), at, sink);
        let at = at.join("resources");
        for (resource, request) in &usage.requests {
            let Some(limit) = usage.limits.get(resource) else { continue };
            if request > limit {
                let message = format!(
                    "container `{name}` requests {} of {resource}, and the range gives it a limit of {}",
                    shown(resource, *request),
                    shown(resource, *limit)
                );
                let key = if range.default.contains_key(resource) { "default" } else { "max" };
                self.push(&at, message, ["container", key, resource], sink);
            } else if let Some(ratio) = range.ratio.get(resource)
                && *request > 0
                && limit * 1000 > request * ratio.milli()
            {
                let message = format!(
                    "container `{name}` may use {} of {resource}, more than {ratio} times its request of {}",
                    shown(resource, *limit),
                    shown(resource, *request)
                );
                self.push(&at, message, ["container", "maxLimitRequestRatio", resource], sink);
            }
        }
    }

    fn claims(&self, object: &Object, sink: &mut Sink) {
        let Some(bounds) = &self.range.claim else { return };
        let claims = match object {
            Object::PersistentVolumeClaim(it) => vec![&**it],
            Object::StatefulSet(it) => it.spec.volume_claim_templates.iter().flatten().collect(),
            _ => return,
        };
        for claim in claims {
            let asked =
                claim.spec.as_ref().and_then(|it| it.resources.as_ref()?.requests.as_ref()?.get("storage"));
            let Some(size) = asked.and_then(|it| parse(&it.0)) else { continue };
            let name = claim.metadata.name.as_deref().unwrap_or_default();
            let (at, text) = (self.at(), shown("storage", size));
            let least = bounds.min.get("storage").filter(|it| size < it.milli());
            let most = bounds.max.get("storage").filter(|it| size > it.milli());
            if let Some(least) = least {
                let message = format!("claim `{name}` asks for {text}, and the least is {least}");
                self.push(&at, message, ["persistentVolumeClaim", "min", "storage"], sink);
            }
            if let Some(most) = most {
                let message = format!("claim `{name}` asks for {text}, and the most is {most}");
                self.push(&at, message, ["persistentVolumeClaim", "max", "storage"], sink);
            }
        }
    }
}
