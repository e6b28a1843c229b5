//! Routes of Istio behind others that take what is theirs.

use serde_json::Value;

use super::istio_hosts::ISTIO;
use super::objects::Spot;
use super::{Check, Objects, Rule, Written};
use crate::diag::{Code, Severity::Warning, Sink};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Written(check) };

static CODE: Code = Code {
    id: "SG594",
    name: "route-never-reached",
    severity: Warning,
    docs: "\
## What it finds
A route of a VirtualService that none can reach, because those before it take all that it matches; and one match of several that is so. A route that delegates takes nothing from those behind it: what the routes of its delegate do not match goes on.

## Why it matters
Istio takes the first route that matches. What stands behind a route that matches more looks as if it worked, and never does.

## Example
```yaml
kind: VirtualService
spec:
  http:
  - { match: [ { uri: { prefix: / } } ], route: [ { destination: { host: web } } ] }
  - { match: [ { uri: { prefix: /api } } ], route: [ { destination: { host: api } } ] }
```

## What to do
Put what matches less before what matches more, or remove it.
",
};

fn check(_: &Objects<'_>, object: &Written<'_>, sink: &mut Sink) {
    if !object.is(ISTIO, "VirtualService") {
        return;
    }
    for kind in ["http", "tcp", "tls"] {
        // Matches of earlier routes, and the first route that matches everything.
        let (mut before, mut all): (Vec<Spot<'_>>, Option<Spot<'_>>) = (Vec::new(), None);
        for route in object.root.below("spec").below(kind).items() {
            let matches = route.below("match").items();
            if let Some(earlier) = &all {
                sink.push(
                    route
                        .found(&CODE, "the route is never reached: one before it takes everything")
                        .also(earlier.at(), "it takes everything")
                        .help("put what matches everything last"),
                );
            } else {
                shadowed(&route, &matches, &before, sink);
            }
            // The routes of a delegate stand in its place, and may take less.
            if route.below("delegate").is_written() {
                continue;
            }
            if matches.is_empty() {
                all.get_or_insert(route);
            }
            before.extend(matches);
        }
    }
}

/// Says which matches of a route those of routes before it take, or those before them in the same.
fn shadowed(route: &Spot<'_>, matches: &[Spot<'_>], before: &[Spot<'_>], sink: &mut Sink) {
    let found: Vec<(&Spot<'_>, &Spot<'_>, bool)> = matches
        .iter()
        .enumerate()
        .filter_map(|(index, it)| {
            let earlier = before.iter().find(|other| takes_all(other.value, it.value, true));
            let beside = || matches[..index].iter().find(|other| takes_all(other.value, it.value, false));
            earlier.map(|by| (it, by, true)).or_else(|| beside().map(|by| (it, by, false)))
        })
        .collect();
    let help = "put what matches less before what matches more, or remove it";
    if !matches.is_empty() && found.len() == matches.len() && found.iter().all(|it| it.2) {
        let message = "the route is never reached: its matches have no effect behind those before it";
        sink.push(route.found(&CODE, message).also(found[0].1.at(), "it takes all of this").help(help));
        return;
    }
    for (at, by, _) in found {
        let message = "the match has no effect: one before it takes all of it";
        sink.push(at.found(&CODE, message).also(by.at(), "it takes all of this").help(help));
    }
}

/// Whether all that a match takes is taken by another one. An exact path beside a prefix of the same route only says more than is needed.
fn takes_all(earlier: &Value, later: &Value, of_other_route: bool) -> bool {
    let asked = |of: &Value, key: &str| of.get(key).cloned().unwrap_or(Value::Null);
    if asked(earlier, "ignoreUriCase") != asked(later, "ignoreUriCase") {
        return false;
    }
    let own = |(key, value): (&String, &Value)| {
        let other = asked(later, key);
        let prefix = value.get("prefix").and_then(Value::as_str).filter(|_| key == "uri");
        let keys: &[&str] = if of_other_route { &["prefix", "exact"] } else { &["prefix"] };
        let mut paths = keys.iter().filter_map(|key| other.get(key)?.as_str());
        key == "name" || *value == other || prefix.is_some_and(|it| paths.any(|path| path.starts_with(it)))
    };
    earlier.as_object().is_some_and(|it| it.iter().all(own))
}
