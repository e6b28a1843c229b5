//! Volumes that several claims would share.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Sink};
use crate::lower::storage::Bound;

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG340",
    name: "volume-for-several-claims",
    severity: Error,
    docs: "\
## What it finds
One folder of a file server, or one volume of a CSI driver, as the volume of several claims that may write: in two places of the stack, or for all pods of a tier.

## Why it matters
Each claim's pods take the folder for their own. Two servers of a database that write into one folder destroy it.

## Example
```yaml
stateful: { db: { kind: mongodb, replicas: 3, storage: 20Gi, volume: { nfs: { server: nas.lan, path: /srv/db } } } }
```

## What to do
Give each claim a volume of its own; in the volume of a tier, `{ordinal}` is the number of the pod and `{pod}` its name: `path: \"/srv/db/{ordinal}\"`. Where components share data on purpose, declare one claim under `claims` and mount it with `shared`.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    for (identity, claims) in &facts.seen.volumes {
        if claims.iter().all(|it| it.read_only) {
            continue;
        }
        let mut places: Vec<&Bound> = Vec::new();
        for claim in claims {
            if !places.iter().any(|it| it.at == claim.at) {
                places.push(claim);
            }
        }
        for claim in &places {
            let same = claims.iter().filter(|it| it.at == claim.at).count();
            if same > 1 {
                sink.push(of_pods(identity, claim, same));
            }
        }
        if let Some((first, others)) = places.split_first() {
            sink.extend(others.iter().map(|it| of_places(identity, it, first)));
        }
    }
}

/// Where a place names the volume.
fn place(claim: &Bound) -> Route {
    claim.told_by.iter().fold(claim.at.clone(), |at, key| at.join(key))
}

fn of_pods(identity: &str, claim: &Bound, claims: usize) -> Diagnostic {
    Diagnostic::at_value(&CODE, &place(claim), format!("{identity} is the volume of {claims} claims"))
        .note("each pod has a claim of its own, and takes the volume for its own")
        .help("put `{pod}`, the name of the pod, into it; or `{ordinal}`, its number, where the tier is one StatefulSet")
}

fn of_places(identity: &str, claim: &Bound, first: &Bound) -> Diagnostic {
    let message = format!("{identity} is the volume of `{}` and of `{}`", first.claim, claim.claim);
    Diagnostic::at_value(&CODE, &place(claim), message)
        .also(At::Node(place(first), Part::Value), "the other is described here")
        .help("use another folder or volume; or declare one claim under `claims`, and mount it with `shared`")
}
