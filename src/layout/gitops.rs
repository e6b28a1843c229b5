//! The objects that let a tool apply the tree from a git repository. They stand beside the tree, because they are not
//! part of what it deploys.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{Form, Texts, pull_requests, rollouts};
use crate::bundle::Bundle;
use crate::k8s::crd::argocd::SYNC_WAVE;
use crate::k8s::crd::argocd::application::{
    Application, ApplicationSpec, Automated, Destination as Server, Retry, Source, SyncPolicy,
};
use crate::k8s::crd::argocd::application_set::{
    ApplicationSet, ApplicationSetSpec, Generator, List, SetPolicy, Template,
};
use crate::k8s::crd::flux::LocalRef;
use crate::k8s::crd::flux::git_repository::{GitRef, GitRepository, GitRepositorySpec};
use crate::k8s::crd::flux::kustomization::{
    HealthCheck, Kustomization as FluxKustomization, KustomizationSpec, SourceRef,
};
use crate::k8s::kustomization::Kustomization;
use crate::lower::{Stage, stages};
use crate::model::{ArgoCd, Destination, Flux, Gitops, HttpsUrl, Name};
use crate::resolve::{Resolved, metadata};

/// The files of the environment, with the name of their folder; none where the stack names no tool.
#[must_use]
pub fn beside(resolved: &Resolved, health: &BTreeSet<HealthCheck>) -> Option<(String, Bundle)> {
    let gitops = resolved.stack.gitops.as_ref()?;
    let mut texts = Texts::new(Form::Tree);
    let parts = Applied::all(resolved);
    let files = match gitops {
        Gitops::ArgoCd(argo) => parts
            .iter()
            .map(|part| {
                let (stem, file) = match &argo.destination {
                    Destination::Server(server) => {
                        ("application", texts.file(&application(resolved, argo, server, part)))
                    }
                    Destination::Clusters(clusters) => {
                        let set = application_set(resolved, argo, clusters, part);
                        ("applicationset", texts.file(&set))
                    }
                    Destination::PullRequests(requests) => {
                        let set = pull_requests::application_set(resolved, argo, requests, part);
                        ("applicationset", texts.file(&set))
                    }
                };
                (part.file(stem), file)
            })
            .collect(),
        Gitops::Flux(flux) => {
            let source = texts.file(&git_repository(resolved, flux));
            let mut files = vec![("gitrepository.yaml".to_owned(), source)];
            for part in &parts {
                let one = kustomization(resolved, flux, part, health);
                files.push((part.file("flux-kustomization"), texts.file(&one)));
            }
            files
        }
        Gitops::Helm(_) => return None,
    };
    let resources = files.iter().map(|(name, _)| name.clone()).collect();
    let mut bundle = Bundle::default();
    bundle.insert("kustomization.yaml", texts.file(&Kustomization { resources, ..super::kustomization() }));
    for (name, file) in files {
        bundle.insert(name, file);
    }
    // What serves all instances has the folder of their environment.
    let folder = if resolved.stack.is_preview() { &resolved.environment } else { resolved.instance() };
    Some((folder.to_owned(), bundle))
}

/// The objects of the tool that apply the tree, as a person names them to `kubectl`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appliers {
    /// What they are: `application`, `applicationset` or `kustomization`.
    pub kind: &'static str,
    /// Their names, in the order in which they apply.
    pub names: Vec<String>,
    /// Their namespace.
    pub namespace: String,
}

/// The objects of the tool that apply the tree; none where the stack names no tool with such objects.
#[must_use]
pub fn appliers(resolved: &Resolved) -> Option<Appliers> {
    let (kind, own, namespace) = match resolved.stack.gitops.as_ref()? {
        Gitops::ArgoCd(argo) => {
            let kind = if matches!(argo.destination, Destination::Server(_)) {
                "application"
            } else {
                "applicationset"
            };
            (kind, &argo.name, &argo.namespace)
        }
        Gitops::Flux(flux) => ("kustomization", &flux.name, &flux.namespace),
        Gitops::Helm(_) => return None,
    };
    let whole = name(resolved, own.as_ref());
    let names = Applied::all(resolved).iter().map(|it| it.name(&whole)).collect();
    Some(Appliers { kind, names, namespace: namespace.to_string() })
}

/// What one object of the tool applies: the tree, or one of its stages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Applied {
    /// The stage; none: the whole.
    stage: Option<&'static Stage>,
    /// What is applied before.
    after: Option<&'static Stage>,
}

impl Applied {
    /// All, in their order.
    fn all(resolved: &Resolved) -> Vec<Self> {
        let stages = stages(resolved);
        if stages.is_empty() {
            return vec![Self { stage: None, after: None }];
        }
        let before = std::iter::once(None).chain(stages.iter().map(Some));
        stages.iter().map(Some).zip(before).map(|(stage, after)| Self { stage, after }).collect()
    }

    /// The name of its object; `whole` is that of the environment.
    pub(super) fn name(&self, whole: &str) -> String {
        format!("{whole}{}", self.stage.map_or("", |it| it.suffix))
    }

    /// The folder that it applies; `tree` is that of the whole.
    pub(super) fn path(&self, tree: &str) -> String {
        self.stage.map_or_else(|| tree.to_owned(), |it| it.path(tree))
    }

    /// What happens after a failure. Argo CD starts all stages at once and gives up for good, so one that comes after
    /// another is tried for as long as a first start may take: ten times in 17 minutes.
    fn retry(&self) -> Retry {
        Retry { limit: if self.after.is_some() { 10 } else { Retry::default().limit }, ..Retry::default() }
    }

    /// `application.yaml`, `rollout-application.yaml`.
    fn file(&self, stem: &str) -> String {
        match self.stage.map(|it| it.suffix.trim_start_matches('-')) {
            None | Some("") => format!("{stem}.yaml"),
            Some(prefix) => format!("{prefix}-{stem}.yaml"),
        }
    }
}

fn name(resolved: &Resolved, name: Option<&Name>) -> String {
    name.map_or_else(|| format!("{}-{}", resolved.stack.stack, resolved.instance()), ToString::to_string)
}

pub(super) fn named(resolved: &Resolved, name: &str, namespace: &Name) -> ObjectMeta {
    ObjectMeta { namespace: Some(namespace.to_string()), ..metadata(resolved, None, name) }
}

fn application(resolved: &Resolved, argo: &ArgoCd, server: &HttpsUrl, part: &Applied) -> Application {
    let name = part.name(&name(resolved, argo.name.as_ref()));
    let mut metadata = named(resolved, &name, &argo.namespace);
    let mut annotations = compared();
    if part.after.is_some() {
        // For an Application of Applications. Without one, the hooks are tried until what they need is there.
        annotations.insert(SYNC_WAVE.to_owned(), "1".to_owned());
    }
    metadata.annotations = Some(annotations);
    Application { metadata, spec: spec(resolved, argo, server.as_str(), part) }
}

/// Lets the API server say what a change would be: otherwise what it fills in is a difference for ever.
/// argo-cd.readthedocs.io/en/stable/user-guide/diff-strategies; stable since 3.1.
pub(super) fn compared() -> BTreeMap<String, String> {
    BTreeMap::from([("argocd.argoproj.io/compare-options".to_owned(), "ServerSideDiff=true".to_owned())])
}

pub(super) fn spec(resolved: &Resolved, argo: &ArgoCd, server: &str, part: &Applied) -> ApplicationSpec {
    let ignore_differences = rollouts::ignored(resolved);
    let mut sync_options = argo.sync.options.clone();
    // A sync for another reason would set the fields back. `RespectIgnoreDifferences` would not, but keeps lists of custom
    // resources as a whole, so that nothing else in a route would ever change (github.com/argoproj/argo-cd/issues/23283).
    if !ignore_differences.is_empty() && !sync_options.iter().any(|it| it.starts_with("ApplyOutOfSyncOnly="))
    {
        sync_options.push("ApplyOutOfSyncOnly=true".to_owned());
    }
    ApplicationSpec {
        destination: Server { server: server.to_owned() },
        ignore_differences,
        project: argo.project.to_string(),
        source: Source {
            path: part.path(argo.path.as_str()),
            repo_url: argo.repo.to_string(),
            target_revision: argo.revision.clone(),
        },
        sync_policy: SyncPolicy {
            automated: Automated { prune: argo.sync.prune, self_heal: argo.sync.self_heal },
            retry: part.retry(),
            sync_options,
        },
    }
}

fn application_set(
    resolved: &Resolved,
    argo: &ArgoCd,
    clusters: &IndexMap<Name, HttpsUrl>,
    part: &Applied,
) -> ApplicationSet {
    let name = part.name(&name(resolved, argo.name.as_ref()));
    let element = |(cluster, server): (&Name, &HttpsUrl)| {
        BTreeMap::from([("cluster", cluster.to_string()), ("server", server.to_string())])
    };
    ApplicationSet {
        metadata: named(resolved, &name, &argo.namespace),
        spec: ApplicationSetSpec {
            generators: vec![Generator::List(List { elements: clusters.iter().map(element).collect() })],
            go_template: true,
            go_template_options: vec!["missingkey=error"],
            sync_policy: SetPolicy { preserve_resources_on_deletion: true },
            template: Template {
                metadata: ObjectMeta {
                    name: Some(format!("{name}-{{{{.cluster}}}}")),
                    annotations: Some(compared()),
                    labels: Some(resolved.labels(None)),
                    ..Default::default()
                },
                spec: spec(resolved, argo, "{{.server}}", part),
            },
        },
    }
}

fn git_repository(resolved: &Resolved, flux: &Flux) -> GitRepository {
    GitRepository {
        metadata: named(resolved, &name(resolved, flux.name.as_ref()), &flux.namespace),
        spec: GitRepositorySpec {
            interval: flux.interval.to_string(),
            reference: GitRef { branch: flux.branch.clone() },
            secret_ref: flux.secret.as_ref().map(|it| LocalRef { name: it.to_string() }),
            url: with_scheme(flux.repo.as_str()),
        },
    }
}

fn kustomization(
    resolved: &Resolved,
    flux: &Flux,
    part: &Applied,
    health: &BTreeSet<HealthCheck>,
) -> FluxKustomization {
    let name = name(resolved, flux.name.as_ref());
    let before = part.after.map(|it| LocalRef { name: format!("{name}{}", it.suffix) });
    FluxKustomization {
        metadata: named(resolved, &part.name(&name), &flux.namespace),
        spec: KustomizationSpec {
            depends_on: before.into_iter().collect(),
            health_check_exprs: health.iter().cloned().collect(),
            interval: flux.interval.to_string(),
            path: format!("./{}", part.path(flux.path.as_str()).trim_start_matches("./")),
            prune: flux.prune,
            source_ref: SourceRef { kind: "GitRepository", name },
            timeout: flux.timeout.to_string(),
            wait: true,
        },
    }
}

/// `git@host:path` as `ssh://git@host/path`: Flux takes URLs only.
fn with_scheme(repo: &str) -> String {
    match repo.split_once(':') {
        Some((host, path)) if !repo.contains("://") => {
            format!("ssh://{host}/{}", path.trim_start_matches('/'))
        }
        _ => repo.to_owned(),
    }
}
