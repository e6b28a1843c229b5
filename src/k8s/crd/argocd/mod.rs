//! Argo CD's kinds (`argoproj.io`). Fields: argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml and
//! applicationset.yaml.

pub mod application;
pub mod application_set;

/// The annotation by which objects of a lower number are applied first, and waited for
/// (argo-cd.readthedocs.io/en/stable/user-guide/sync-waves).
pub const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";

/// The API group.
pub const GROUP: &str = "argoproj.io";
