//! Settings of the server: what is derived, and what the stack may say itself.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::Backend;
use crate::model::Quantity;
use crate::model::decode::Key;
use crate::stateful::setting::Setting;

/// Settings that `start.sh`, the probes or the Services rely on, each with what to use instead.
static RESERVED: [(&str, &str); 29] = [
    ("archive_cleanup_command", ""),
    ("config_file", ""),
    ("data_directory", ""),
    ("external_pid_file", ""),
    ("hba_file", ""),
    ("hot_standby", ""),
    ("ident_file", ""),
    ("include", "write the settings themselves"),
    ("include_dir", "write the settings themselves"),
    ("include_if_exists", "write the settings themselves"),
    ("listen_addresses", ""),
    ("max_connections", "use `maxConnections`"),
    ("password_encryption", ""),
    ("port", ""),
    ("primary_conninfo", ""),
    ("primary_slot_name", ""),
    ("promote_trigger_file", ""),
    ("recovery_end_command", ""),
    ("recovery_target", ""),
    ("recovery_target_action", ""),
    ("recovery_target_inclusive", ""),
    ("recovery_target_lsn", ""),
    ("recovery_target_name", ""),
    ("recovery_target_time", ""),
    ("recovery_target_timeline", ""),
    ("recovery_target_xid", ""),
    ("restore_command", ""),
    ("synchronous_standby_names", ""),
    ("unix_socket_directories", ""),
];

/// What the operator decides besides ("Fixed parameters" of its page "PostgreSQL configuration", 1.30). It also takes
/// `shared_preload_libraries` elsewhere, and so does not appear here.
static FIXED: [&str; 37] = [
    "allow_alter_system",
    "allow_system_table_mods",
    "archive_command",
    "archive_mode",
    "bonjour",
    "bonjour_name",
    "cluster_name",
    "data_sync_retry",
    "event_source",
    "jit_provider",
    "log_destination",
    "log_directory",
    "log_file_mode",
    "log_filename",
    "log_rotation_age",
    "log_rotation_size",
    "log_truncate_on_rotation",
    "logging_collector",
    "recovery_min_apply_delay",
    "restart_after_crash",
    "ssl",
    "ssl_ca_file",
    "ssl_cert_file",
    "ssl_crl_file",
    "ssl_dh_params_file",
    "ssl_ecdh_curve",
    "ssl_key_file",
    "ssl_passphrase_command",
    "ssl_passphrase_command_supports_reload",
    "ssl_prefer_server_ciphers",
    "stats_temp_directory",
    "syslog_facility",
    "syslog_ident",
    "syslog_sequence_numbers",
    "syslog_split_messages",
    "unix_socket_group",
    "unix_socket_permissions",
];

/// What to do instead of a reserved setting (may be empty), or none where the setting is free.
#[must_use]
pub(super) fn reserved(name: &str, backend: Backend) -> Option<&'static str> {
    if backend == Backend::Operator && FIXED.contains(&name) {
        return Some("");
    }
    RESERVED.iter().find(|(key, _)| *key == name).map(|(_, instead)| *instead)
}

/// A setting's name: lower-case letters, digits and `_`, with `.` after an extension's prefix.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SettingName(String);

impl SettingName {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Key for SettingName {
    fn key(text: &str) -> Result<Self, String> {
        let first = |c: char| c.is_ascii_lowercase() || c == '_';
        let inner = |c: char| first(c) || c.is_ascii_digit() || c == '.';
        if text.starts_with(first) && text.chars().all(inner) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("`{text}` is no setting's name: lower-case letters, digits, `_` and `.`"))
        }
    }
}

impl JsonSchema for SettingName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PostgresSettingName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[a-z_][a-z0-9_.]*$" })
    }
}

/// What `postgresql.conf` is rendered from.
#[derive(Debug, Serialize)]
pub(super) struct Settings<'a> {
    max_connections: u32,
    shared_buffers: String,
    effective_cache_size: String,
    maintenance_work_mem: String,
    max_wal_size: String,
    max_slot_wal_keep_size: String,
    config: IndexMap<&'a str, &'a Setting>,
}

impl<'a> Settings<'a> {
    /// The settings for a container with `memory` MiB and a volume of `storage` MiB; the shares are those of
    /// `docs/engines/postgres.md`.
    pub(super) fn new(
        memory: u64,
        storage: u64,
        max_connections: u32,
        config: &'a IndexMap<SettingName, Setting>,
    ) -> Self {
        Self {
            max_connections,
            shared_buffers: mb(memory / 4),
            effective_cache_size: mb(memory / 2),
            maintenance_work_mem: mb((memory / 16).clamp(16, 1024)),
            max_wal_size: mb((storage / 8).clamp(128, 4096)),
            max_slot_wal_keep_size: mb(storage / 4),
            config: config.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        }
    }

    /// All of them by name, the stack's own winning over those that are derived.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let derived = [
            ("max_connections", &self.max_connections.to_string()),
            ("shared_buffers", &self.shared_buffers),
            ("effective_cache_size", &self.effective_cache_size),
            ("maintenance_work_mem", &self.maintenance_work_mem),
            ("max_wal_size", &self.max_wal_size),
            ("max_slot_wal_keep_size", &self.max_slot_wal_keep_size),
        ];
        let mut all: BTreeMap<String, String> =
            derived.map(|(name, value)| (name.to_owned(), value.clone())).into();
        let own = |value: &Setting| match value {
            Setting::Switch(true) => "on".to_owned(),
            Setting::Switch(false) => "off".to_owned(),
            Setting::Text(text) => text.clone(),
        };
        all.extend(self.config.iter().map(|(name, value)| ((*name).to_owned(), own(value))));
        all
    }

    /// No more memory for buffers than `mebibytes`.
    pub(super) fn buffers_at_most(mut self, memory: u64, mebibytes: u64) -> Self {
        self.shared_buffers = mb((memory / 4).min(mebibytes));
        self
    }
}

fn mb(amount: u64) -> String {
    format!("{}MB", amount.max(1))
}

/// An amount of bytes in whole MiB, which the server calls `MB`.
#[must_use]
pub(super) fn mebibytes(bytes: &Quantity) -> u64 {
    u64::try_from(bytes.whole() >> 20).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(memory: &str, storage: &str) -> [String; 5] {
        let amount = |text| mebibytes(&Quantity::parse(text).unwrap());
        let config = IndexMap::new();
        let it = Settings::new(amount(memory), amount(storage), 100, &config);
        [
            it.shared_buffers,
            it.effective_cache_size,
            it.maintenance_work_mem,
            it.max_wal_size,
            it.max_slot_wal_keep_size,
        ]
    }

    #[test]
    fn memory_and_disk_are_shared_as_documented() {
        assert_eq!(derived("512Mi", "200Gi"), ["128MB", "256MB", "32MB", "4096MB", "51200MB"]);
        assert_eq!(derived("64Mi", "512Mi"), ["16MB", "32MB", "16MB", "128MB", "128MB"]);
        assert_eq!(derived("64Gi", "10Gi"), ["16384MB", "32768MB", "1024MB", "1280MB", "2560MB"]);
    }

    #[test]
    fn setting_names_cannot_evade_the_reserved_ones() {
        assert!(SettingName::key("pg_stat_statements.max").is_ok());
        for bad in ["", "Port", "a b", "9x", "x=1", ".x", "a\nb"] {
            assert!(SettingName::key(bad).is_err(), "{bad:?}");
        }
        for backend in [Backend::Plain, Backend::Operator] {
            assert_eq!(reserved("max_connections", backend), Some("use `maxConnections`"));
            assert_eq!(reserved("work_mem", backend), None);
        }
        assert_eq!((reserved("ssl", Backend::Plain), reserved("ssl", Backend::Operator)), (None, Some("")));
        assert!(FIXED.is_sorted() && RESERVED.is_sorted());
    }
}
