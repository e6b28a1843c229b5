//! Kubernetes objects as typed Rust.
