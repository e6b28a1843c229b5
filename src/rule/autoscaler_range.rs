//! Autoscalers whose numbers cannot be.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink};
use crate::model::{Behavior, FallbackBehavior, Hpa, Keda, Quantity, Scale, Target, Trigger, Version};
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG323",
    name: "autoscaler-range",
    severity: Error,
    docs: "\
## What it finds
An autoscaler with more pods at least than at most, with `min: 0`, with a target of nothing, with a window of more than an hour, or with a policy that changes nothing or has a period of more than half an hour; a window that is said twice. Of KEDA: no triggers; 0 pods with triggers on CPU and memory alone; `idle` that is not 0; a schedule that ends when it begins, or wants more pods than `max`. With no target at all it is a warning.

## Why it matters
Kubernetes refuses the object: no pod is ever added. Zero pods need a metric from outside the pods and the alpha feature `HPAScaleToZero`, which is off by default: pods that do not run use no CPU. Without any target Kubernetes silently aims at 80 % CPU.

## Example
```yaml
services: { web: { scale: { hpa: { min: 4, max: 2, cpu: 70 } } } }
```

## What to do
Put `min` from 1 to `max`, and targets above 0.
",
};

/// Since when a fallback may look at the pods that there are.
const FALLBACK_BEHAVIOR: Version = Version::new(2, 17);
/// The longest window (`k8s.io/kubernetes/pkg/apis/autoscaling/validation`), in seconds.
const LONGEST_WINDOW: u64 = 3600;
/// The longest period of a policy (the same place), in seconds.
const LONGEST_PERIOD: u64 = 1800;

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(service) = facts.resolved.service(component) else { return };
    match &service.fields.scale {
        Scale::Hpa(hpa) => self::hpa(hpa, &component.route().join("scale").join("hpa"), sink),
        Scale::Keda(keda) => {
            let version = facts.resolved.stack.cluster.keda;
            self::keda(keda, version, &component.route().join("scale").join("keda"), sink);
        }
        Scale::Fixed(_) | Scale::PerNode => {}
    }
}

fn hpa(hpa: &Hpa, at: &Route, sink: &mut Sink) {
    order(hpa.min, hpa.max, at, sink);
    let elsewhere = !hpa.objects.is_empty() || !hpa.external.is_empty();
    if hpa.min == 0 {
        let found = if elsewhere {
            let message = "an autoscaler goes to 0 pods only with an alpha feature of Kubernetes";
            Diagnostic::at_value(&CODE, &at.join("min"), message)
                .note("`HPAScaleToZero` is off by default, and the API server then refuses the object")
        } else {
            let message = "an autoscaler on CPU and memory cannot go to 0 pods";
            Diagnostic::at_value(&CODE, &at.join("min"), message)
                .note("pods that do not run use nothing, so nothing would ever start them again")
        };
        sink.push(found.help("write `min: 1`"));
    }
    for (key, target) in [("cpu", hpa.cpu), ("memory", hpa.memory)] {
        if target == Some(0) {
            let message = format!("the autoscaler aims at 0 % {key}");
            sink.push(nothing(&at.join(key), message).help("write a percentage such as 70"));
        }
    }
    for (at, amount) in targets(hpa, at) {
        if amount.milli() <= 0 {
            let message = format!("the autoscaler aims at {amount}");
            sink.push(nothing(&at, message).help("write what one pod can bear"));
        }
    }
    if hpa.cpu.is_none() && hpa.memory.is_none() && hpa.pods.is_empty() && !elsewhere {
        let mut found = Diagnostic::at_key(&CODE, at, "the autoscaler has no target")
            .note("Kubernetes fills in 80 % CPU")
            .help("add `cpu`, `memory` or both, or metrics under `pods`, `objects` or `external`");
        found.severity = Warning;
        sink.push(found);
    }
    if let Some(rules) = &hpa.behavior {
        behavior(rules, &at.join("behavior"), sink);
    }
    let directions = [
        ("scaleUpWindow", "scaleUp", &hpa.scale_up_window),
        ("scaleDownWindow", "scaleDown", &hpa.scale_down_window),
    ];
    for (short, key, window) in directions {
        let Some(window) = window else { continue };
        let rules = hpa.behavior.iter().flat_map(Behavior::directions).find(|it| it.0 == key);
        let at_short = at.join(short);
        long_window(window.seconds(), &at_short, sink);
        if rules.is_some_and(|(_, it)| it.window.is_some()) {
            let other = at.join("behavior").join(key).join("stabilizationWindow");
            sink.push(
                Diagnostic::at_key(&CODE, &at_short, format!("the window of `{key}` is said twice"))
                    .also(At::Node(other, Part::Value), "and here")
                    .help(format!("remove `{short}`")),
            );
        }
    }
}

fn keda(keda: &Keda, version: Version, at: &Route, sink: &mut Sink) {
    order(keda.min, keda.max, at, sink);
    let mut bad = |found: Diagnostic| sink.push(found);
    if keda.max == 0 {
        bad(Diagnostic::at_value(&CODE, &at.join("max"), "at most 0 pods").help("write the most pods"));
    }
    if let Some(idle) = keda.idle.filter(|it| *it > 0 || keda.min == 0) {
        let message = match idle {
            0 => "without a trigger there are 0 pods in any case: `min` is 0".to_owned(),
            _ => format!("`idle` is 0 or left out: KEDA cannot keep {idle}"),
        };
        bad(Diagnostic::at_value(&CODE, &at.join("idle"), message)
            .help("remove `idle`: without it, `min` is how many pods stay"));
    }
    let zero = keda.min == 0 || keda.idle.is_some();
    match (keda.triggers.is_empty(), keda.cpu.is_some() || keda.memory.is_some()) {
        (true, false) => bad(Diagnostic::at_key(&CODE, at, "the autoscaler looks at nothing")
            .note("KEDA refuses a ScaledObject without triggers")
            .help("add an entry of `triggers`")),
        (true, true) if zero => bad(Diagnostic::at_value(
            &CODE,
            &at.join(if keda.min == 0 { "min" } else { "idle" }),
            "an autoscaler on CPU and memory cannot go to 0 pods",
        )
        .note("pods that do not run use nothing, so nothing would ever start them again")
        .help("write `min: 1`, or add an entry of `triggers`")),
        _ => {}
    }
    for (key, target) in [("cpu", keda.cpu), ("memory", keda.memory)] {
        if target == Some(0) {
            let message = format!("the autoscaler aims at 0 % {key}");
            bad(nothing(&at.join(key), message).help("write a percentage such as 70"));
        }
    }
    let fallback = keda.fallback.as_ref().and_then(|it| it.behavior);
    if version < FALLBACK_BEHAVIOR
        && let Some(word) = fallback.filter(|it| *it != FallbackBehavior::Static)
    {
        let message = format!("KEDA {version} does not know `{}`", word.as_str());
        bad(Diagnostic::at_value(&CODE, &at.join("fallback").join("behavior"), message)
            .note(format!("it came with KEDA {FALLBACK_BEHAVIOR}; `cluster.keda` says {version}"))
            .help("remove `behavior`, or raise `cluster.keda` to the version that runs"));
    }
    for (name, trigger) in &keda.triggers {
        self::trigger(trigger, keda.max, &at.join("triggers").join(name.as_str()).join(trigger.word()), sink);
    }
    if let Some(rules) = &keda.behavior {
        behavior(rules, &at.join("behavior"), sink);
    }
}

fn trigger(trigger: &Trigger, max: u32, at: &Route, sink: &mut Sink) {
    let (key, target) = trigger.target();
    let (nothing, unit) = match target {
        Target::Whole(it) => (it == 0, false),
        Target::Amount(it) => (it.milli() <= 0, it.has_unit()),
    };
    if nothing {
        let message = format!("the autoscaler aims at {key} 0");
        sink.push(self::nothing(&at.join(key), message).help("write what one pod can bear"));
    }
    if unit {
        sink.push(
            Diagnostic::at_value(&CODE, &at.join(key), "KEDA takes a number without a unit")
                .help("write the number out"),
        );
    }
    let Trigger::Cron(cron) = trigger else { return };
    if cron.replicas > max {
        let message = format!("{} pods are more than the most, {max}", cron.replicas);
        sink.push(Diagnostic::at_value(&CODE, &at.join(key), message).help("raise `max`, or write fewer"));
    }
    if cron.start == cron.end {
        sink.push(
            Diagnostic::at_value(&CODE, &at.join("end"), "it ends when it begins")
                .also(At::Node(at.join("start"), Part::Value), "it begins here")
                .note("KEDA refuses it")
                .help("write another time"),
        );
    }
}

fn order(min: u32, max: u32, at: &Route, sink: &mut Sink) {
    if min > max {
        let message = format!("at most {max} pods, but at least {min}");
        sink.push(
            Diagnostic::at_value(&CODE, &at.join("max"), message)
                .also(At::Node(at.join("min"), Part::Value), "the least")
                .help("raise `max`, or lower `min`"),
        );
    }
}

fn nothing(at: &Route, message: String) -> Diagnostic {
    Diagnostic::at_value(&CODE, at, message).note("Kubernetes refuses it: no number of pods comes to nothing")
}

/// The targets of metrics, with their places.
fn targets<'a>(hpa: &'a Hpa, at: &Route) -> Vec<(Route, &'a Quantity)> {
    let pods = hpa.pods.iter();
    let mut found: Vec<_> =
        pods.map(|(name, it)| (at.join("pods").join(name.as_str()).join("average"), &it.average)).collect();
    let objects = hpa.objects.iter().map(|(name, it)| ("objects", name, &it.target));
    let external = hpa.external.iter().map(|(name, it)| ("external", name, &it.target));
    found.extend(
        objects
            .chain(external)
            .map(|(key, name, it)| (at.join(key).join(name.as_str()).join(it.key()), it.quantity())),
    );
    found
}

/// How fast pods come and go.
fn behavior(behavior: &Behavior, at: &Route, sink: &mut Sink) {
    for (key, rules) in behavior.directions() {
        let at = at.join(key);
        if let Some(window) = &rules.window {
            long_window(window.seconds(), &at.join("stabilizationWindow"), sink);
        }
        for (name, policy) in &rules.policies {
            let at = at.join("policies").join(name.as_str());
            let (key, amount) = policy.step.parts();
            if amount == 0 {
                sink.push(
                    Diagnostic::at_value(&CODE, &at.join(key), "the policy changes nothing")
                        .note("Kubernetes refuses it")
                        .help("write a number above 0, or `selectPolicy: Disabled` where nothing may change"),
                );
            }
            let period = policy.period.seconds();
            if period == 0 || period > LONGEST_PERIOD {
                let message = format!("a period of {period} s is none of 1 to {LONGEST_PERIOD} s");
                sink.push(
                    Diagnostic::at_value(&CODE, &at.join("period"), message)
                        .note("Kubernetes refuses it")
                        .help("write a time span such as `60s`"),
                );
            }
        }
    }
}

fn long_window(seconds: u64, at: &Route, sink: &mut Sink) {
    if seconds > LONGEST_WINDOW {
        let message = format!("a window of {seconds} s is longer than {LONGEST_WINDOW} s");
        sink.push(
            Diagnostic::at_value(&CODE, at, message)
                .note("Kubernetes refuses it")
                .help("write a time span of at most `1h`"),
        );
    }
}
