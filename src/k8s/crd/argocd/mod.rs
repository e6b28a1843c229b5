//! Argo CD's kinds (`argoproj.io`). Fields: argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml and
//! applicationset.yaml.

pub mod application;
pub mod application_set;

const GROUP: &str = "argoproj.io";
