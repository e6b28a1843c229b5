//! Previews that the tool that applies trees does not find, or that all pull requests would share.

use super::{Check, Facts, Rule};
use crate::diag::{At, Code, Diagnostic, Part, Route, Severity::Error, Severity::Warning, Sink, nearest};
use crate::model::{ArgoCd, Destination, Gitops};

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Stack(check) };

static CODE: Code = Code {
    id: "SG232",
    name: "previews-out-of-reach",
    severity: Error,
    docs: "\
## What it finds
`gitops.argocd.destination.pullRequests` in an environment without `instance`, or with the instance's parameter anywhere in `gitops.argocd`; a `path` without a `{{.number}}` that Argo CD fills in, or with a word that it does not know. As a warning: a `path` that does not end with the folder of the instance's tree.

## Why it matters
One `ApplicationSet` serves all pull requests. With the number of one in it, each call would write another, and the one applied last would point all previews at one tree. Argo CD itself fills in `{{.number}}` and `{{.head_sha}}`.

## Example
```yaml
environments:
  preview:
    parameters: { pr: { type: integer, minimum: 1 } }
    instance: { name: \"preview-pr-${parameters.pr}\" }
    gitops: { argocd: { path: \"deploy/preview-pr-${parameters.pr}\", destination: { pullRequests: { from: { github: { owner: acme, repo: shop } } } } } }
```

## What to do
Write `{{.number}}` where the number belongs: `path: \"deploy/preview-pr-{{.number}}\"`. Render each tree where the pull request is checked, `stackgen render preview --set pr=42 -o deploy`, and commit it to the branch of the pull request.
",
};

fn check(facts: &Facts<'_>, sink: &mut Sink) {
    let stack = &facts.resolved.stack;
    let Some(gitops) = &stack.gitops else { return };
    let name = Route::of(&["instance", "name"]);
    let by = facts.document.parameters_at(&name);
    let (key, path, requests) = match gitops {
        Gitops::ArgoCd(ArgoCd { path, destination, .. }) => {
            ("argocd", path, matches!(destination, Destination::PullRequests(_)))
        }
        Gitops::Flux(it) => ("flux", &it.path, false),
        Gitops::Helm(_) => return,
    };
    let own = Route::of(&["gitops", key]);
    let Some(instance) = &stack.instance else {
        if requests {
            let at = own.join("destination").join("pullRequests");
            sink.push(
                Diagnostic::at_key(&CODE, &at, "all pull requests would be one environment")
                    .note("each gets an Application, and all Applications the same objects")
                    .help("add `instance` with a name that holds the number of the pull request"),
            );
        }
        return;
    };
    let mut told = false;
    if requests {
        for (at, used) in facts.document.parameters_below(&own) {
            let Some(parameter) = used.into_iter().find(|it| by.contains(it)) else { continue };
            told = true;
            let message = format!("the ApplicationSet would be another for each `{parameter}`");
            sink.push(
                Diagnostic::at_value(&CODE, &at, message)
                    .note("one serves all pull requests, and the one applied last would win")
                    .help("write `{{.number}}`, which Argo CD fills in"),
            );
        }
    }
    // Where one parameter tells the instances apart, it is the number of the pull request.
    let value = match by.iter().collect::<Vec<_>>().as_slice() {
        [one] => facts.document.parameters.get(**one),
        _ => None,
    };
    let (true, Some(value)) = (!told, value) else { return };
    let number = "{{.number}}";
    let last = path.as_str().rsplit('/').next().unwrap_or_default();
    let meant = if requests { last.replace(number, value) } else { last.to_owned() };
    if meant == instance.name.as_str() {
        return;
    }
    if requests && let Some(found) = placeholder(path.as_str(), &own.join("path")) {
        sink.push(found);
        return;
    }
    let message =
        format!("the tree is written to the folder `{}`, and looked for in `{meant}`", instance.name);
    let at = own.join("path");
    let help = if requests {
        format!("end the path with `{}`", instance.name.as_str().replacen(value.as_str(), number, 1))
    } else {
        "end the path with the instance's name".to_owned()
    };
    let mut found = Diagnostic::at_value(&CODE, &at, message)
        .also(At::Node(name, Part::Value), "the folder of the tree")
        .help(help);
    found.severity = Warning;
    sink.push(found);
}

/// What the generator gives to the template:
/// argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Pull-Request/#template.
const KNOWN: [&str; 10] = [
    "number",
    "title",
    "branch",
    "branch_slug",
    "target_branch",
    "target_branch_slug",
    "head_sha",
    "head_short_sha",
    "head_short_sha_7",
    "author",
];

/// What is wrong with the placeholders of a path: there is none, or Argo CD does not know one and makes no Application.
fn placeholder(path: &str, at: &Route) -> Option<Diagnostic> {
    let words: Vec<&str> =
        path.split("{{").skip(1).map(|it| it.split("}}").next().unwrap_or(it).trim()).collect();
    if words.is_empty() {
        let found = Diagnostic::at_value(&CODE, at, "all pull requests would be looked for in one folder");
        return Some(found.help("write `{{.number}}` where the number belongs"));
    }
    let unknown = words.into_iter().find(|it| !it.strip_prefix('.').is_some_and(|it| KNOWN.contains(&it)))?;
    let near = nearest(unknown.trim_start_matches('.'), KNOWN).unwrap_or("number");
    Some(
        Diagnostic::at_value(&CODE, at, format!("Argo CD does not know `{{{{{unknown}}}}}`"))
            .note("it makes no Application from a template with a word that it does not know")
            .help(format!("write `{{{{.{near}}}}}`")),
    )
}
