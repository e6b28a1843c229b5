//! Profiles that cannot be started.

use super::{Check, Facts, Rule};
use crate::compose::order::Order;
use crate::compose::profile::{ALL, SCHEDULED, whole};
use crate::diag::{Code, Diagnostic, Route, Severity::Error, Sink, and_list};
use crate::model::Name;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG551",
    name: "profile-without-its-needs",
    severity: Error,
    docs: "\
## What it finds
A profile of a Compose project that leaves out what one of its members uses or waits for; a profile with a name that has a meaning of its own.

## Why it matters
Compose refuses to start a service without what it depends on, whoever asks for the profile.

## Example
```yaml
environments: { dev: { target: compose, compose: { profiles: { edge: [envoy] } } } }     # envoy uses gateway
```

## What to do
Add what is missing, or a profile name for what can run alone.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let (resolved, profiles) = (facts.resolved, &facts.resolved.stack.compose.profiles);
    if !resolved.is_compose() || profiles.is_empty() {
        return;
    }
    let order = Order::of(resolved);
    for (profile, words) in profiles {
        let at = Route::of(&["compose", "profiles", profile.as_str()]);
        if [ALL, SCHEDULED].contains(&profile.as_str()) {
            let message = format!("the profile `{profile}` is there in every project");
            sink.push(Diagnostic::at_key(&CODE, &at, message).help("call it otherwise"));
            continue;
        }
        let members = whole(resolved, &words.0);
        let mut missing: Vec<(&Name, &Name)> = Vec::new();
        for member in &members {
            let needs = order.waits.get(*member).into_iter().flatten();
            missing.extend(needs.filter(|it| !members.contains(*it)).map(|it| (*member, *it)));
        }
        let Some((member, need)) = missing.first() else { continue };
        let message = format!("the profile `{profile}` has `{member}` without `{need}`, which it needs");
        let mut names: Vec<&str> = missing.iter().map(|(_, it)| it.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        sink.push(
            Diagnostic::at_value(&CODE, &at, message)
                .note("Compose refuses to start a service without what it depends on")
                .help(format!("add {}, or take out what needs it", and_list(names.iter().copied()))),
        );
    }
}
