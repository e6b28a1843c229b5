//! YAML text to [`Node`](super::Node).
