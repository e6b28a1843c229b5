//! The only output: every file of one environment, in memory. Golden tests, `--check`, the diff and the writer
//! all consume the same value.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// The files of one environment, by path relative to the environment's folder (`iam/deployment.yaml`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    files: BTreeMap<String, File>,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The whole content.
    pub text: String,
    /// The object in it (`apps/v1/Deployment platform-services/iam`), for the ownership file; none for the rest.
    pub object: Option<String>,
    /// What an object or a list of files says, where values were asked for.
    pub value: Option<Said>,
    /// Whether everybody may read it, whatever the file mode that new files get here: containers have users of their own.
    pub public: bool,
}

/// What a file says: what reading its text would give. It is made when somebody asks, which is of few files.
#[derive(Clone)]
pub struct Said(Arc<dyn Fn() -> Value + Send + Sync>);

impl Said {
    /// What makes the value.
    pub fn new(value: impl Fn() -> Value + Send + Sync + 'static) -> Self {
        Self(Arc::new(value))
    }

    /// The value, made anew.
    #[must_use]
    pub fn value(&self) -> Value {
        (self.0)()
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl Eq for Said {}

impl Bundle {
    /// Adds a file; paths are unique by construction of the layout.
    pub fn insert(&mut self, path: impl Into<String>, file: File) {
        let path = path.into();
        debug_assert!(!self.files.contains_key(&path), "two files at {path}");
        self.files.insert(path, file);
    }

    /// Adds the files of another; paths are unique by construction of the layout.
    pub fn extend(&mut self, other: Self) {
        for (path, file) in other.files {
            self.insert(path, file);
        }
    }

    /// All files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The file at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
