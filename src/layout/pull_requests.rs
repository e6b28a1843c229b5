//! The `ApplicationSet` of previews. It is applied once and serves all pull requests, so nothing of one may be in it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::gitops::{Applied, compared, named, spec};
use crate::k8s::crd::argocd::application_set::{
    ApplicationSet, ApplicationSetSpec, BearerToken, Generator, Provider, PullRequest, Repository, SetPolicy,
    Template, Token,
};
use crate::model::{ArgoCd, PullRequestSource, PullRequests, TokenRef};
use crate::resolve::Resolved;

/// The commit that a pull request is at (argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Pull-Request).
const HEAD: &str = "{{.head_sha}}";

/// One Application for each open pull request.
pub(super) fn application_set(
    resolved: &Resolved,
    argo: &ArgoCd,
    requests: &PullRequests,
    part: &Applied,
) -> ApplicationSet {
    let own = || format!("{}-{}", resolved.stack.stack, resolved.environment);
    let name = part.name(&argo.name.as_ref().map_or_else(own, ToString::to_string));
    let mut spec = spec(resolved, argo, requests.server.as_str(), part);
    if spec.source.target_revision == ArgoCd::REVISION {
        HEAD.clone_into(&mut spec.source.target_revision);
    }
    ApplicationSet {
        metadata: named(resolved, &name, &argo.namespace),
        spec: ApplicationSetSpec {
            generators: vec![Generator::PullRequest(Box::new(PullRequest {
                provider: provider(&requests.from),
                requeue_after_seconds: requests.requeue,
            }))],
            go_template: true,
            go_template_options: vec!["missingkey=error"],
            // A preview ends with its pull request.
            sync_policy: SetPolicy { preserve_resources_on_deletion: false },
            template: Template {
                metadata: ObjectMeta {
                    name: Some(format!("{name}-{{{{.number}}}}")),
                    annotations: Some(compared()),
                    labels: Some(resolved.labels(None)),
                    ..Default::default()
                },
                spec,
            },
        },
    }
}

fn provider(from: &PullRequestSource) -> Provider {
    let bearer = |it: Option<&TokenRef>| token(it).map(|token_ref| BearerToken { token_ref });
    match from {
        PullRequestSource::Github(it) => Provider::Github(Repository {
            api: it.api.as_ref().map(ToString::to_string),
            app_secret_name: it.app.as_ref().map(ToString::to_string),
            labels: it.labels.clone(),
            owner: Some(it.owner.clone()),
            repo: Some(it.repo.clone()),
            token_ref: token(it.token.as_ref()),
            ..Default::default()
        }),
        PullRequestSource::Gitlab(it) => Provider::Gitlab(Repository {
            api: it.api.as_ref().map(ToString::to_string),
            labels: it.labels.clone(),
            project: Some(it.project.clone()),
            pull_request_state: Some(it.state.clone()),
            token_ref: token(it.token.as_ref()),
            ..Default::default()
        }),
        PullRequestSource::Gitea(it) => Provider::Gitea(Repository {
            api: Some(it.api.to_string()),
            labels: it.labels.clone(),
            owner: Some(it.owner.clone()),
            repo: Some(it.repo.clone()),
            token_ref: token(it.token.as_ref()),
            ..Default::default()
        }),
        PullRequestSource::Bitbucket(it) => Provider::Bitbucket(Repository {
            bearer_token: bearer(it.token.as_ref()),
            owner: Some(it.owner.clone()),
            repo: Some(it.repo.clone()),
            ..Default::default()
        }),
        PullRequestSource::BitbucketServer(it) => Provider::BitbucketServer(Repository {
            api: Some(it.api.to_string()),
            bearer_token: bearer(it.token.as_ref()),
            project: Some(it.project.clone()),
            repo: Some(it.repo.clone()),
            ..Default::default()
        }),
    }
}

fn token(of: Option<&TokenRef>) -> Option<Token> {
    of.map(|it| Token { key: it.key.to_string(), secret_name: it.secret.to_string() })
}
