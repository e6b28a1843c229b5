//! The objects that let a tool apply the tree from a git repository. They stand beside the tree, because they are not
//! part of what it deploys.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{file, pull_requests, rollouts};
use crate::bundle::Bundle;
use crate::k8s::crd::argocd::application::{
    Application, ApplicationSpec, Automated, Destination as Server, Retry, Source, SyncPolicy,
};
use crate::k8s::crd::argocd::application_set::{
    ApplicationSet, ApplicationSetSpec, Generator, List, SetPolicy, Template,
};
use crate::k8s::crd::flux::LocalRef;
use crate::k8s::crd::flux::git_repository::{GitRef, GitRepository, GitRepositorySpec};
use crate::k8s::crd::flux::kustomization::{
    Kustomization as FluxKustomization, KustomizationSpec, SourceRef,
};
use crate::k8s::kustomization::Kustomization;
use crate::model::{ArgoCd, Destination, Flux, Gitops, HttpsUrl, Name};
use crate::resolve::{Resolved, metadata};

/// The files of the environment, with the name of their folder; none where the stack names no tool.
#[must_use]
pub fn beside(resolved: &Resolved) -> Option<(String, Bundle)> {
    let gitops = resolved.stack.gitops.as_ref()?;
    let mut scratch = String::new();
    let files = match gitops {
        Gitops::ArgoCd(argo) => match &argo.destination {
            Destination::Server(server) => {
                vec![("application.yaml", file(&application(resolved, argo, server), None, &mut scratch))]
            }
            Destination::Clusters(clusters) => {
                vec![(
                    "applicationset.yaml",
                    file(&application_set(resolved, argo, clusters), None, &mut scratch),
                )]
            }
            Destination::PullRequests(requests) => {
                let set = pull_requests::application_set(resolved, argo, requests);
                vec![("applicationset.yaml", file(&set, None, &mut scratch))]
            }
        },
        Gitops::Flux(flux) => vec![
            ("gitrepository.yaml", file(&git_repository(resolved, flux), None, &mut scratch)),
            ("flux-kustomization.yaml", file(&kustomization(resolved, flux), None, &mut scratch)),
        ],
        Gitops::Helm(_) => return None,
    };
    let resources = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut bundle = Bundle::default();
    bundle.insert(
        "kustomization.yaml",
        file(&Kustomization { resources, ..super::kustomization() }, None, &mut scratch),
    );
    for (name, file) in files {
        bundle.insert(name, file);
    }
    // What serves all instances has the folder of their environment.
    let folder = if resolved.stack.is_preview() { &resolved.environment } else { resolved.instance() };
    Some((folder.to_owned(), bundle))
}

fn name(resolved: &Resolved, name: Option<&Name>) -> String {
    name.map_or_else(|| format!("{}-{}", resolved.stack.stack, resolved.instance()), ToString::to_string)
}

pub(super) fn named(resolved: &Resolved, name: &str, namespace: &Name) -> ObjectMeta {
    ObjectMeta { namespace: Some(namespace.to_string()), ..metadata(resolved, None, name) }
}

fn application(resolved: &Resolved, argo: &ArgoCd, server: &HttpsUrl) -> Application {
    let name = name(resolved, argo.name.as_ref());
    let mut metadata = named(resolved, &name, &argo.namespace);
    metadata.annotations = Some(compared());
    Application { metadata, spec: spec(resolved, argo, server.as_str()) }
}

/// Lets the API server say what a change would be: otherwise what it fills in is a difference for ever.
/// argo-cd.readthedocs.io/en/stable/user-guide/diff-strategies; stable since 3.1.
pub(super) fn compared() -> BTreeMap<String, String> {
    BTreeMap::from([("argocd.argoproj.io/compare-options".to_owned(), "ServerSideDiff=true".to_owned())])
}

pub(super) fn spec(resolved: &Resolved, argo: &ArgoCd, server: &str) -> ApplicationSpec {
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
            path: argo.path.to_string(),
            repo_url: argo.repo.to_string(),
            target_revision: argo.revision.clone(),
        },
        sync_policy: SyncPolicy {
            automated: Automated { prune: argo.sync.prune, self_heal: argo.sync.self_heal },
            retry: Retry::default(),
            sync_options,
        },
    }
}

fn application_set(
    resolved: &Resolved,
    argo: &ArgoCd,
    clusters: &IndexMap<Name, HttpsUrl>,
) -> ApplicationSet {
    let name = name(resolved, argo.name.as_ref());
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
                spec: spec(resolved, argo, "{{.server}}"),
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

fn kustomization(resolved: &Resolved, flux: &Flux) -> FluxKustomization {
    let name = name(resolved, flux.name.as_ref());
    FluxKustomization {
        metadata: named(resolved, &name, &flux.namespace),
        spec: KustomizationSpec {
            interval: flux.interval.to_string(),
            path: format!("./{}", flux.path.as_str().trim_start_matches("./")),
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
