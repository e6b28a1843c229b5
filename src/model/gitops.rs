//! What applies the tree from a git repository.

use indexmap::IndexMap;

use super::macros::{choice, model};
use super::{Duration, GitUrl, HttpsUrl, Name, PullRequests, RepoPath};

model! {
    /// Argo CD: an Application for each environment, or an `ApplicationSet` where it runs in several clusters.
    pub struct ArgoCd {
        /// The repository's URL.
        "repo" repo: GitUrl,
        /// The folder of the repository that holds this environment's tree.
        "path" path: RepoPath,
        /// The branch, tag or commit.
        "revision" revision: String = ArgoCd::REVISION.to_owned(),
        /// The Application's name; `STACK-ENVIRONMENT` unless given.
        "name" name: Option<Name>,
        /// The namespace of Argo CD, by its name in the cluster.
        "namespace" namespace: Name = Name::parse("argocd").expect("a literal DNS label"),
        /// The `AppProject`.
        "project" project: Name = Name::parse("default").expect("a literal DNS label"),
        /// Where it runs: the cluster of Argo CD itself unless given.
        "destination" destination: Destination = Destination::own(),
        /// How it keeps the cluster as the repository says.
        "sync" sync: Sync = Sync { prune: true, self_heal: true, waves: true, options: Vec::new() },
    }

    /// How Argo CD keeps the cluster as the repository says.
    pub struct Sync {
        /// Deletes what is no longer in the tree. Namespaces and claims are never deleted.
        "prune" prune: bool = true,
        /// Takes back what somebody changes in the cluster.
        "selfHeal" self_heal: bool = true,
        /// Whether components start in the order in which they need each other, each when the ones before are healthy.
        "waves" waves: bool = true,
        /// Further `syncOptions`, such as `ServerSideApply=true`.
        "options" options: Vec<String>,
    }

    /// Flux: a `GitRepository` and a Kustomization for each environment.
    pub struct Flux {
        /// The repository's URL.
        "repo" repo: GitUrl,
        /// The folder of the repository that holds this environment's tree.
        "path" path: RepoPath,
        /// The branch.
        "branch" branch: String = "main".to_owned(),
        /// The name of both objects; `STACK-ENVIRONMENT` unless given.
        "name" name: Option<Name>,
        /// The namespace of both objects, by its name in the cluster.
        "namespace" namespace: Name = Name::parse("flux-system").expect("a literal DNS label"),
        /// The Secret with the repository's credentials, where it needs any.
        "secret" secret: Option<Name>,
        /// How often it looks.
        "interval" interval: Duration = Duration::parse("10m").expect("a literal time span"),
        /// How long everything may take to become healthy.
        "timeout" timeout: Duration = Duration::parse("15m").expect("a literal time span"),
        /// Deletes what is no longer in the tree. Namespaces and claims are never deleted.
        "prune" prune: bool = true,
    }
}

model! {
    /// Helm: the output is the `templates` of a chart. There is nothing to say.
    pub struct Helm {}
}

choice! {
    /// Where Argo CD makes it run.
    pub enum Destination {
        /// The API server of one cluster.
        "server" Server(HttpsUrl),
        /// The API servers of several clusters, by name: an `ApplicationSet` makes an Application for each.
        "clusters" Clusters(IndexMap<Name, HttpsUrl>),
        /// Each open pull request in a namespace of its own: an `ApplicationSet` makes an Application for each. `path` then
        /// says `{{.number}}` where the number belongs, and `revision` is `{{.head_sha}}` unless given.
        "pullRequests" PullRequests(Box<PullRequests>),
    }

    /// What applies the tree from a git repository.
    pub enum Gitops {
        /// Argo CD.
        "argocd" ArgoCd(ArgoCd),
        /// Flux.
        "flux" Flux(Flux),
        /// Helm, for those who put the output into a chart: what it needs to be told stands in annotations.
        "helm" Helm(Helm),
    }
}

impl ArgoCd {
    /// What it follows that names no revision.
    pub const REVISION: &'static str = "HEAD";
}

impl Destination {
    /// The cluster that Argo CD runs in.
    fn own() -> Self {
        Self::Server(HttpsUrl::parse("https://kubernetes.default.svc").expect("a literal URL"))
    }
}
