//! The annotations by which an object speaks to the tool that applies it.

/// Argo CD: options, with commas between them (argo-cd.readthedocs.io/en/stable/user-guide/sync-options).
pub const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
/// Of those options: it stays when nothing describes it any more.
pub const NO_PRUNE: &str = "Prune=false";
/// Of those options: it stays when its Application goes.
pub const NO_DELETE: &str = "Delete=false";

/// Flux: whether it goes when nothing describes it any more
/// (fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources).
pub const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// That it does not.
pub const DISABLED: &str = "disabled";

/// Helm: what becomes of it when nothing describes it any more, or the release goes (`helm.sh/docs/howto/charts_tips_and_tricks`,
/// "Tell Helm Not To Uninstall a Resource").
pub const RESOURCE_POLICY: &str = "helm.sh/resource-policy";
/// That it stays.
pub const KEEP: &str = "keep";

/// Argo CD: the moment at which a Job runs (argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks).
pub const ARGO_HOOK: &str = "argocd.argoproj.io/hook";
/// What deletes the Job of before, and the word for it: the next one.
pub const ARGO_REPLACED: (&str, &str) = ("argocd.argoproj.io/hook-delete-policy", "BeforeHookCreation");

/// Helm: the moment at which a Job runs (`helm.sh/docs/topics/charts_hooks`).
pub const HELM_HOOK: &str = "helm.sh/hook";
/// What deletes the Job of before, and the word for it: the next one.
pub const HELM_REPLACED: (&str, &str) = ("helm.sh/hook-delete-policy", "before-hook-creation");
/// Its place among those of one moment.
pub const HELM_WEIGHT: &str = "helm.sh/hook-weight";
