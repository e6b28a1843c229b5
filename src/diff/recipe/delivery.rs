//! How a description is applied, and what keeps its tool from doing so too early.
//!
//! Argo CD: without `spec.syncPolicy.automated` it only looks (argo-cd.readthedocs.io/en/stable/user-guide/auto_sync); an
//! `ApplicationSet` hands its template on. Flux: `spec.suspend` of a Kustomization
//! (fluxcd.io/flux/components/kustomize/kustomizations, on suspending).

use super::{Advice, at, step, word};
use crate::diff::object::Item;
use crate::k8s::delivery::{DISABLED, KEEP, NO_PRUNE, PRUNE, RESOURCE_POLICY, SYNC_OPTIONS};
use crate::layout::gitops::{Appliers, appliers};
use crate::model::Gitops;
use crate::resolve::Resolved;

/// An annotation, and a word of it.
pub(in crate::diff) type Word = (&'static str, &'static str);

/// What applies.
#[derive(Debug)]
pub(in crate::diff) enum Delivery {
    /// A person: the environment's name.
    Hand(String),
    /// A person, by Helm.
    Helm,
    /// A tool, from git. What is described no more it deletes unless the object says `keep`; where it prunes nothing, there is
    /// no such word.
    Tool { environment: String, pause: Vec<Advice>, resume: Vec<Advice>, keep: Option<Word> },
}

impl Delivery {
    /// What the stack says of it.
    pub(in crate::diff) fn of(resolved: &Resolved) -> Self {
        let environment = resolved.environment.clone();
        let (Some(gitops), Some(objects)) = (resolved.stack.gitops.as_ref(), appliers(resolved)) else {
            let helm = matches!(resolved.stack.gitops, Some(Gitops::Helm(_)));
            return if helm { Self::Helm } else { Self::Hand(environment) };
        };
        let (off, on, keep) = match gitops {
            Gitops::ArgoCd(argo) => {
                let sync = &argo.sync;
                let automated = format!(r#"{{"prune":{},"selfHeal":{}}}"#, sync.prune, sync.self_heal);
                let keep = sync.prune.then_some((SYNC_OPTIONS, NO_PRUNE));
                (policy(objects.kind, "null"), policy(objects.kind, &automated), keep)
            }
            Gitops::Flux(flux) => {
                let suspend = |it: bool| format!(r#"{{"spec":{{"suspend":{it}}}}}"#);
                (suspend(true), suspend(false), flux.prune.then_some((PRUNE, DISABLED)))
            }
            Gitops::Helm(_) => return Self::Helm,
        };
        Self::Tool {
            environment,
            pause: patches(
                &objects,
                &off,
                "the tool does not work against what follows; an object above it that heals itself puts this back, and is paused before it",
            ),
            resume: patches(&objects, &on, "the tool applies the commit"),
            keep,
        }
    }

    /// Whether an object that is not described any more is deleted when the rest is applied. What stackgen makes says to the tool
    /// that it stays where data goes with it.
    pub(super) fn prunes(&self, gone: &Item) -> bool {
        match self {
            Self::Hand(_) => false,
            Self::Helm => !gone.says((RESOURCE_POLICY, KEEP)),
            Self::Tool { keep, .. } => keep.is_some_and(|it| !gone.says(it)),
        }
    }

    /// The steps with what applies between them.
    pub(super) fn around(&self, first: Vec<Advice>, then: Vec<Advice>, pauses: bool) -> Vec<Advice> {
        let mut steps = Vec::new();
        match self {
            Self::Tool { environment, pause, resume, .. } => {
                let commit = step(
                    "commit the tree and push it",
                    format!("`stackgen render {environment} -o DIR` writes it"),
                );
                if pauses {
                    steps.extend(pause.iter().cloned());
                    // The tool waits: what stops something comes last, so that it is away for a short time.
                    let last = first.iter().position(|it| it.action.starts_with("kubectl delete"));
                    let (mut early, late) = (first, last.unwrap_or(usize::MAX));
                    let late = early.split_off(late.min(early.len()));
                    steps.extend(early);
                    steps.push(commit);
                    steps.extend(late);
                    steps.extend(resume.iter().cloned());
                } else {
                    steps.extend(first);
                    steps.push(commit);
                }
            }
            Self::Helm => {
                steps.extend(first);
                steps.push(step("helm upgrade RELEASE CHART", "with the new templates in the chart"));
            }
            Self::Hand(environment) => {
                steps.extend(first);
                let command = format!("stackgen render {} | kubectl apply -f -", word(environment));
                steps.push(step(command, "the new description"));
            }
        }
        steps.extend(then);
        steps
    }
}

/// A merge patch of how Argo CD keeps what it applies.
fn policy(kind: &str, automated: &str) -> String {
    let spec = format!(r#"{{"syncPolicy":{{"automated":{automated}}}}}"#);
    let set = kind == "applicationset";
    if set {
        format!(r#"{{"spec":{{"template":{{"spec":{spec}}}}}}}"#)
    } else {
        format!(r#"{{"spec":{spec}}}"#)
    }
}

fn patches(objects: &Appliers, patch: &str, why: &str) -> Vec<Advice> {
    let one = |name: &String| {
        let Appliers { kind, namespace, .. } = objects;
        step(
            format!("kubectl patch {kind} {}{} --type merge -p '{patch}'", word(name), at(Some(namespace))),
            why,
        )
    };
    objects.names.iter().map(one).collect()
}
