//! The parts of a tree that are applied one after the other, where jobs run between them.
//!
//! A hook of Argo CD before the sync can need nothing of the same Application, and Flux orders Kustomizations only. So
//! each part has a folder of its own that names the folders of its components, and is applied by an object of its own.

use super::folder::STAGES;
use crate::model::Gitops;
use crate::resolve::{Phase, Resolved};

/// A part of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its folder below that of all stages.
    pub folder: &'static str,
    /// What the name of the object that applies it has after that of the environment.
    pub suffix: &'static str,
    /// What it holds.
    phases: &'static [Phase],
}

impl Stage {
    /// The path of a tree followed by that of its folder.
    #[must_use]
    pub fn path(&self, tree: &str) -> String {
        format!("{}/{STAGES}/{}", tree.trim_end_matches('/'), self.folder)
    }

    /// Whether it holds what is applied in a phase.
    #[must_use]
    pub fn holds(&self, phase: Phase) -> bool {
        self.phases.contains(&phase)
    }
}

/// Argo CD runs jobs as hooks of the second part. Data stays in the Application that had it before there were jobs: what
/// moves to another one may be pruned by the first before the other has it.
static ARGO_CD: [Stage; 2] = [
    Stage { folder: "base", suffix: "", phases: &[Phase::Base] },
    Stage { folder: "rollout", suffix: "-rollout", phases: &[Phase::Before, Phase::Rollout, Phase::After] },
];
/// Flux waits until jobs are done. It deletes nothing that another Kustomization has taken over, and those before are applied
/// first (`fluxcd/pkg/ssa`: only what carries the labels of the Kustomization is pruned).
static FLUX: [Stage; 4] = [
    Stage { folder: "base", suffix: "-base", phases: &[Phase::Base] },
    Stage { folder: "before", suffix: "-before", phases: &[Phase::Before] },
    Stage { folder: "rollout", suffix: "", phases: &[Phase::Rollout] },
    Stage { folder: "after", suffix: "-after", phases: &[Phase::After] },
];
/// Flux where nothing waits for a job.
static FLUX_AFTER: [Stage; 2] = [
    Stage { folder: "base", suffix: "", phases: &[Phase::Base] },
    Stage { folder: "after", suffix: "-after", phases: &[Phase::After] },
];

/// The parts of a tree, in their order; none where it is applied as one.
#[must_use]
pub fn stages(resolved: &Resolved) -> &'static [Stage] {
    let gates = resolved.has_phase(Phase::Before);
    match &resolved.stack.gitops {
        Some(Gitops::ArgoCd(_)) if gates => &ARGO_CD,
        Some(Gitops::Flux(_)) if gates => {
            if resolved.has_phase(Phase::After) {
                &FLUX
            } else {
                &FLUX[..3]
            }
        }
        Some(Gitops::Flux(_)) if resolved.has_phase(Phase::After) => &FLUX_AFTER,
        Some(Gitops::ArgoCd(_) | Gitops::Flux(_) | Gitops::Helm(_)) | None => &[],
    }
}
