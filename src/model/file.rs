//! Files that a container sees.

use schemars::JsonSchema;

use super::decode::{Cx, Decode, Fields, Place};
use super::macros::model;
use super::{FileKey, Mode, Name, RelativePath};

model! {
    /// A mounted file or folder: one of `template`, `file`, `folder`, `content`, `secret`, `config` and `certificate`.
    pub struct FileFields {
        /// A template of the stack's folder, rendered over the component.
        "template" template: Option<RelativePath>,
        /// A file of the stack's folder.
        "file" file: Option<RelativePath>,
        /// A folder of the stack's folder: each file in it, text as it stands, as a file of a mounted folder. Folders in
        /// it are left out, and so are files whose name begins with a dot.
        "folder" folder: Option<RelativePath>,
        /// The text itself.
        "content" content: Option<super::Text>,
        /// A secret: the whole as a folder, or one `key` as a file.
        "secret" secret: Option<Name>,
        /// A config of the stack: the whole as a folder, or one `key` as a file.
        "config" config: Option<Name>,
        /// A certificate: a folder with `tls.crt`, `tls.key` and `ca.crt`.
        "certificate" certificate: Option<Name>,
        /// The key of the secret or config.
        "key" key: Option<FileKey>,
        /// The file's mode.
        "mode" mode: Option<Mode>,
    }
}

/// Where a mounted file comes from.
#[derive(Clone, Debug)]
pub enum FileSource {
    /// Rendered from a template of the stack.
    Template(RelativePath, Option<Mode>),
    /// A file of the stack.
    File(RelativePath, Option<Mode>),
    /// The files of a folder of the stack.
    Folder(RelativePath, Option<Mode>),
    /// Written in the stack.
    Content(super::Text, Option<Mode>),
    /// From a secret or certificate.
    Secret {
        /// The secret.
        name: Name,
        /// One key, or the whole.
        key: Option<FileKey>,
        /// The files' mode.
        mode: Option<Mode>,
        /// Whether the name is a certificate's.
        certificate: bool,
    },
    /// From a config.
    Config {
        /// The config.
        name: Name,
        /// One key, or the whole.
        key: Option<FileKey>,
        /// The files' mode.
        mode: Option<Mode>,
    },
}

impl Decode for FileSource {
    fn decode(at: Place<'_>, cx: &Cx<'_>) -> Option<Self> {
        let (fields, chosen) = Fields::open_choice(
            at,
            FileFields::KEYS,
            &["template", "file", "folder", "content", "secret", "config", "certificate"],
            cx,
        )?;
        let read = FileFields::decode_fields(&fields, cx)?;
        let (mode, key) = (read.mode, read.key);
        Some(match chosen? {
            "template" => Self::Template(read.template?, mode),
            "file" => Self::File(read.file?, mode),
            "folder" => Self::Folder(read.folder?, mode),
            "content" => Self::Content(read.content?, mode),
            "secret" => Self::Secret { name: read.secret?, key, mode, certificate: false },
            "config" => Self::Config { name: read.config?, key, mode },
            _ => Self::Secret { name: read.certificate?, key, mode, certificate: true },
        })
    }
}

impl JsonSchema for FileSource {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FileSource".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        FileFields::json_schema(generator)
    }
}
