//! Triggers on what nobody makes.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink, and_list, nearest};
use crate::model::Scale;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG360",
    name: "trigger-on-nothing",
    severity: Error,
    docs: "\
## What it finds
A trigger of KEDA on a stream, consumer, topic or database that its tier does not declare, or by an API that the tier does not have. Queues of RabbitMQ and lists of Redis are made by clients, and are not checked.

## Why it matters
KEDA gets an error instead of a number: no pod ever comes, and what waits for the pods is not done.

## Example
```yaml
stateful: { nats: { kind: nats, streams: { JOBS: { subjects: [jobs.>], consumers: { worker: {} } } } } }
services: { worker: { scale: { keda: { triggers: { pending: { nats-jetstream: { from: nats, stream: JOBS, consumer: wroker } } } } } } }
```

## What to do
Name what the tier declares, or declare it: the Job of the tier then makes it. Where the program itself makes it, accept the finding and say so.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(watched) = facts.resolved.watched.get(&component.name) else { return };
    let Some(Scale::Keda(keda)) = facts.resolved.service(component).map(|it| &it.fields.scale) else {
        return;
    };
    let all = component.route().join("scale").join("keda").join("triggers");
    for one in watched.iter().filter(|it| !it.declared.is_empty()) {
        let Some((trigger, from)) = keda.triggers.get(&one.name).and_then(|it| Some((it, it.from()?))) else {
            continue;
        };
        for (key, name) in trigger.names() {
            let Some(known) = one.declared.iter().find(|it| it.key == key) else { continue };
            if known.names.iter().any(|it| it == name) {
                continue;
            }
            let at = all.join(one.name.as_str()).join(trigger.word()).join(key);
            let what = if key == "dbName" { "database" } else { key };
            let found = Diagnostic::at_value(&CODE, &at, format!("`{from}` has no {what} `{name}`"))
                .note("KEDA would get an error instead of a number, and no pod would come");
            let names = || known.names.iter().map(String::as_str);
            let tier = Route::of(&["stateful", from.as_str()]);
            let under = known.under.iter().fold(tier.clone(), |at, step| at.join(step));
            let place = if facts.is_written(&under) { under } else { tier };
            sink.push(match nearest(name, names()) {
                Some(near) => {
                    let near_at = place.join(near);
                    let declared = if facts.is_written(&near_at) { near_at } else { place };
                    found
                        .also(At::Node(declared, Part::Key), "a similar name is declared here")
                        .help(format!("write `{near}`"))
                }
                None if known.names.is_empty() => found
                    .also(At::Node(place, Part::Key), "declared here")
                    .help(format!("declare it under `{}`", known.under.join("."))),
                None => found.also(At::Node(place, Part::Key), "declared here").help(format!(
                    "name {}, or declare it under `{}`",
                    and_list(names()),
                    known.under.join(".")
                )),
            });
        }
    }
}
