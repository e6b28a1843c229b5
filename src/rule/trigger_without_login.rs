//! Triggers that may not ask.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Severity::Error, Sink};
use crate::model::Scale;
use crate::resolve::Component;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG361",
    name: "trigger-without-login",
    severity: Error,
    docs: "\
## What it finds
A trigger of KEDA on a tier that lets nobody in without a login, where a part of the login is given by nobody: a user that only a secret can give, or a password whose secret is in another namespace.

## Why it matters
KEDA takes credentials from Secrets of the service's own namespace alone. Without them the tier refuses it, and no pod ever comes.

## Example
```yaml
namespaces: { app: {}, data: {} }
stateful: { cache: { kind: valkey, namespace: data, password: { secret: cache, key: password } } }
services: { worker: { namespace: app, scale: { keda: { triggers: { waiting: { redis: { from: cache } } } } } } }
```

## What to do
Declare a secret of the same path in the service's namespace, and name its keys under `authentication` of the trigger.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    let Some(watched) = facts.resolved.watched.get(&component.name) else { return };
    let Some(Scale::Keda(keda)) = facts.resolved.service(component).map(|it| &it.fields.scale) else {
        return;
    };
    let all = component.route().join("scale").join("keda").join("triggers");
    for one in watched {
        let Some((trigger, from)) = keda.triggers.get(&one.name).and_then(|it| Some((it, it.from()?))) else {
            continue;
        };
        for (parameter, own) in &one.missing {
            let at = all.join(one.name.as_str()).join(trigger.word()).join("from");
            let message = format!("KEDA asks `{from}` with no `{parameter}`");
            let found = Diagnostic::at_value(&CODE, &at, message);
            let found = match own {
                Some(own) => found.note(format!(
                    "the tier's own is in the secret `{}` of another namespace, and KEDA reads those of `{}`",
                    own.secret, component.namespace
                )),
                None => found.note("KEDA takes it from a secret only"),
            };
            sink.push(found.help(format!(
                "add `authentication: {{ {parameter}: {{ secret, key }} }}`, with a secret of namespace `{}`",
                component.namespace
            )));
        }
    }
}
