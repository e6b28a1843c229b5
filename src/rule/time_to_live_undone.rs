//! Namespaces that one tool deletes and another one makes again.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Warning, Sink};
use crate::model::{ArgoCd, Gitops};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG233",
    name: "time-to-live-undone",
    severity: Warning,
    docs: "\
## What it finds
An `instance` with a `ttl` where the tool that applies the tree takes back what somebody changes: Argo CD with `selfHeal`, which is the default, or Flux, which always does.

## Why it matters
The janitor deletes the namespace, and the tool makes it again within minutes: with empty volumes, and for as long as the pull request is open.

## Example
```yaml
environments:
  preview:
    instance: { name: \"preview-pr-${parameters.pr}\", ttl: 72h }
    gitops: { argocd: { repo: https://github.com/acme/shop, path: \"deploy/preview-pr-{{.number}}\" } }
```

## What to do
Set `sync: { selfHeal: false }`: Argo CD then comes back with the next commit only. Or leave `ttl` out, and let the preview end with its pull request.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let stack = &facts.resolved.stack;
    if stack.instance.as_ref().is_none_or(|it| it.ttl.is_none()) {
        return;
    }
    let (at, tool, help) = match &stack.gitops {
        Some(Gitops::ArgoCd(ArgoCd { sync, .. })) if sync.self_heal => {
            let at = Route::of(&["gitops", "argocd", "sync", "selfHeal"]);
            (at, "Argo CD", "set `sync: { selfHeal: false }`, or leave `ttl` out")
        }
        Some(Gitops::Flux(_)) => (Route::of(&["gitops", "flux"]), "Flux", "leave `ttl` out"),
        _ => return,
    };
    let message = format!("what the janitor deletes, {tool} makes again");
    sink.push(
        Diagnostic::at_value(&CODE, &Route::of(&["instance", "ttl"]), message)
            .also(At::Node(at, Part::Key), "it takes back what somebody changes")
            .help(help),
    );
}
