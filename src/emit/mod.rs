//! Values to text. Nothing here knows Kubernetes, the stack or the file system.

pub mod yaml;

pub use yaml::{EmitError, Hazard, hazard, to_yaml, write_yaml};
