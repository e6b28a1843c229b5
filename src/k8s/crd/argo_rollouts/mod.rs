//! Argo Rollouts' kinds (`argoproj.io`). Fields: argo-rollouts.readthedocs.io/en/stable/features/specification.

pub mod rollout;

/// Their API group.
pub const GROUP: &str = "argoproj.io";
