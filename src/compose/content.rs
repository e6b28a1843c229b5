//! What a container reads from outside of the Compose file.

use std::collections::{BTreeMap, BTreeSet};

use super::Builder;
use super::variable::Variables;
use crate::k8s::content_suffix;

/// The label that differs where the files of a service do: Compose compares what it starts, and no contents.
const FILES: &str = "stackgen.files";

impl Builder<'_> {
    /// Lets Compose make containers anew whose files differ, and refuse to start without a secret that is a file.
    pub(super) fn label_content(&mut self) {
        let declared = self.variables.declared();
        for service in self.file.services.values_mut() {
            let mut content = BTreeMap::new();
            for source in service.volumes.iter().filter_map(|it| it.source.as_deref()?.strip_prefix("./")) {
                content
                    .extend(self.files.get_key_value(source).map(|(path, it)| (path.as_str(), it.as_str())));
            }
            for secret in service.secrets.iter().filter_map(|it| self.file.secrets.get(&it.source)) {
                content.extend(declared.get_key_value(secret.environment.as_str()));
            }
            if !content.is_empty() {
                service.labels.insert(FILES, content_suffix(&content));
            }
        }
        let names: BTreeSet<&str> = self.file.secrets.values().map(|it| it.environment.as_str()).collect();
        self.file.needs = names.into_iter().map(Variables::given).collect();
    }
}
