//! Base backups and WAL in an object store.

use super::{PostgresBackup, key, named};
use crate::k8s::crd::cnpg::scheduled_backup::{
    BackupMethod, BackupOwner, ScheduledBackup, ScheduledBackupSpec,
};
use crate::k8s::crd::cnpg::{BARMAN_CLOUD, object_store};
use crate::stateful::TierContext;
use crate::workload::resources;

/// The name of what archives.
pub(super) fn name(cx: &TierContext<'_>) -> String {
    format!("{}-backup", cx.name)
}

/// Where backups and WAL go.
pub(super) fn store(backup: &PostgresBackup, cx: &TierContext<'_>) -> object_store::ObjectStore {
    let target = &backup.store;
    object_store::ObjectStore {
        metadata: named(name(cx)),
        spec: object_store::ObjectStoreSpec {
            configuration: object_store::Configuration {
                destination_path: target.path.clone(),
                endpoint_ca: target.endpoint_ca.as_ref().map(key),
                endpoint_url: target.endpoint.clone(),
                s3_credentials: object_store::S3Credentials {
                    access_key_id: key(&target.access_key_id),
                    secret_access_key: key(&target.secret_access_key),
                },
                ..object_store::Configuration::default()
            },
            instance_sidecar_configuration: backup
                .resources
                .as_ref()
                .map(|it| object_store::Sidecar { resources: resources(it) }),
            retention_policy: backup.retention.clone(),
        },
    }
}

/// When backups are made.
pub(super) fn schedule(backup: &PostgresBackup, cx: &TierContext<'_>) -> ScheduledBackup {
    ScheduledBackup {
        metadata: named(name(cx)),
        spec: ScheduledBackupSpec {
            backup_owner_reference: Some(BackupOwner::Schedule),
            cluster: cx.name.into(),
            // WAL without a base backup restores nothing.
            immediate: true,
            method: BackupMethod::Plugin,
            plugin_configuration: BARMAN_CLOUD.into(),
            schedule: backup.schedule.clone(),
        },
    }
}
