//! A Compose project as files, or as the Compose file alone.

use std::collections::BTreeSet;

use super::{Form, Laid, Output, write};
use crate::bundle::{Bundle, File};
use crate::compose::Project;

/// The name of the Compose file: what Compose looks for first.
pub const COMPOSE_FILE: &str = "compose.yaml";

/// The file that Compose takes variables from.
pub const ENV_FILE: &str = ".env";
/// The file that says which variables somebody must give.
pub const EXAMPLE_FILE: &str = ".env.example";

/// A project in a form of output, for a folder of this name. Its objects are services, networks and volumes.
#[must_use]
pub fn project(form: Form, folder: &str, project: Project) -> Laid {
    let made = &project.file;
    let objects = made.services.len() + made.networks.len() + made.volumes.len();
    let text = || {
        let mut out = String::new();
        write(&mut out, made);
        out
    };
    let output = match form {
        Form::Stream => Output::Stream(text()),
        Form::Count => Output::Count,
        Form::Tree | Form::Values => {
            let mut bundle = Bundle::default();
            let file = |text| File { text, ..File::default() };
            bundle.insert(COMPOSE_FILE, file(text()));
            bundle.insert(ENV_FILE, file(project.env));
            bundle.insert(EXAMPLE_FILE, file(project.example));
            for (path, text) in project.files {
                bundle.insert(path, File { public: true, ..file(text) });
            }
            Output::Tree(bundle)
        }
        Form::Objects => Output::Project(Box::new(project)),
    };
    Laid { output, objects, folder: folder.to_owned(), health: BTreeSet::new(), beside: None }
}
