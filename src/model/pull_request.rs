//! Where the open pull requests of a repository are asked for.

use super::macros::{choice, model};
use super::{FileKey, HttpsUrl, Name};

model! {
    /// A key of a Secret that is in the namespace of Argo CD.
    pub struct TokenRef {
        /// The Secret.
        "secretName" secret: Name,
        /// Its key.
        "key" key: FileKey,
    }

    /// A repository on GitHub.
    pub struct GithubRepo {
        /// The user or organisation.
        "owner" owner: String,
        /// The repository's name.
        "repo" repo: String,
        /// The API of a GitHub of one's own.
        "api" api: Option<HttpsUrl>,
        /// Only pull requests with all of these labels.
        "labels" labels: Vec<String>,
        /// The token; public repositories need none.
        "tokenRef" token: Option<TokenRef>,
        /// The Secret of a GitHub App, instead of a token.
        "appSecretName" app: Option<Name>,
    }

    /// A project on GitLab.
    pub struct GitlabProject {
        /// The project's number or path.
        "project" project: String,
        /// The API of a GitLab of one's own.
        "api" api: Option<HttpsUrl>,
        /// Only merge requests with all of these labels.
        "labels" labels: Vec<String>,
        /// Only merge requests in this state.
        "pullRequestState" state: String = "opened".to_owned(),
        /// The token; public projects need none.
        "tokenRef" token: Option<TokenRef>,
    }

    /// A repository on Gitea or Forgejo.
    pub struct GiteaRepo {
        /// The user or organisation.
        "owner" owner: String,
        /// The repository's name.
        "repo" repo: String,
        /// The server.
        "api" api: HttpsUrl,
        /// Only pull requests with all of these labels.
        "labels" labels: Vec<String>,
        /// The token; public repositories need none.
        "tokenRef" token: Option<TokenRef>,
    }

    /// A repository on Bitbucket Cloud.
    pub struct BitbucketRepo {
        /// The workspace.
        "owner" owner: String,
        /// The repository's name.
        "repo" repo: String,
        /// The token; public repositories need none.
        "tokenRef" token: Option<TokenRef>,
    }

    /// A repository on a Bitbucket server of one's own.
    pub struct BitbucketServerRepo {
        /// The project's key.
        "project" project: String,
        /// The repository's name.
        "repo" repo: String,
        /// The server's API.
        "api" api: HttpsUrl,
        /// The token; public repositories need none.
        "tokenRef" token: Option<TokenRef>,
    }

    /// Pull requests: an `ApplicationSet` makes an Application for each that is open, and deletes it with all that it made
    /// when the pull request is closed.
    pub struct PullRequests {
        /// Where they are.
        "from" from: PullRequestSource,
        /// How often it is asked for them.
        "requeueAfterSeconds" requeue: u32 = 300,
        /// The API server of the cluster in which they run; that of Argo CD itself unless given.
        "server" server: HttpsUrl = HttpsUrl::parse("https://kubernetes.default.svc").expect("a literal URL"),
    }
}

choice! {
    /// Where pull requests are.
    pub enum PullRequestSource {
        /// GitHub.
        "github" Github(GithubRepo),
        /// GitLab, whose pull requests are merge requests.
        "gitlab" Gitlab(GitlabProject),
        /// Gitea or Forgejo.
        "gitea" Gitea(GiteaRepo),
        /// Bitbucket Cloud.
        "bitbucket" Bitbucket(BitbucketRepo),
        /// A Bitbucket server of one's own.
        "bitbucketServer" BitbucketServer(BitbucketServerRepo),
    }
}
