//! Configuration files that a stack adds.

use schemars::JsonSchema;

use crate::model::FileKey;
use crate::model::decode::Key;

/// What ClickHouse reads of a folder; other files it leaves alone
/// (`ConfigProcessor::getConfigMergeFiles`).
const ENDINGS: [&str; 3] = [".xml", ".yaml", ".yml"];

/// The tier's own files by name: what is derived, and the stack's `config`. Files are merged in the order of their names,
/// and the last one wins.
pub(super) const DERIVED: &str = "00-stackgen.xml";
/// See [`DERIVED`].
pub(super) const CONFIG: &str = "01-config.xml";

/// A file below `/etc/clickhouse-server`: `config.d/NAME` for the server, `users.d/NAME` for users, profiles and quotas.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OwnFile(String);

/// The folder of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    /// Settings of the server.
    Config,
    /// Users, profiles and quotas.
    Users,
}

impl OwnFile {
    /// The text as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its folder.
    pub(super) fn folder(&self) -> Folder {
        if self.0.starts_with("config.d/") { Folder::Config } else { Folder::Users }
    }

    /// Its name in the folder.
    pub(super) fn name(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// Its key in the ConfigMap, which has no folders.
    pub(super) fn config_key(&self) -> String {
        self.0.replace('/', ".")
    }
}

impl Key for OwnFile {
    fn key(text: &str) -> Result<Self, String> {
        let name = ["config.d/", "users.d/"].iter().find_map(|it| text.strip_prefix(it));
        let plain = |it: &str| FileKey::parse(it).is_ok() && !it.starts_with('.') && text.len() <= 253;
        match name {
            Some(name) if name <= CONFIG => Err(format!(
                "`{text}` would be merged before the tier's own `{CONFIG}`, which wins: use a name that sorts after it"
            )),
            Some(name) if plain(name) && ENDINGS.iter().any(|it| name.ends_with(it)) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!(
                "`{text}` is no file that ClickHouse reads: `config.d/NAME` or `users.d/NAME`, ending in `.xml`, `.yaml` or `.yml`"
            )),
        }
    }
}

impl JsonSchema for OwnFile {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ClickhouseFile".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": r"^(config|users)\.d/[_a-zA-Z0-9][-._a-zA-Z0-9]*\.(xml|yaml|yml)$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stacks_settings_come_after_what_is_derived() {
        assert!(DERIVED < CONFIG);
    }

    #[test]
    fn only_files_that_the_server_would_read() {
        let file = OwnFile::key("users.d/readers.yaml").unwrap();
        assert_eq!((file.folder(), file.name()), (Folder::Users, "readers.yaml"));
        assert_eq!(file.config_key(), "users.d.readers.yaml");
        assert_eq!(OwnFile::key("config.d/x.xml").unwrap().folder(), Folder::Config);
        for bad in [
            "x.xml",
            "conf.d/x.xml",
            "config.d/x.txt",
            "config.d/.xml",
            "config.d/a/b.xml",
            "config.d/",
            "users.d/00-stackgen.xml",
            "config.d/-x.xml",
        ] {
            assert!(OwnFile::key(bad).is_err(), "{bad}");
        }
    }
}
