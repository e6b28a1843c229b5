//! The objects of a tree: what Kustomize would build of it, as far as stackgen writes such trees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Cache, Unreadable, compose, document, top};
use crate::diff::object::Item;

const FILE: &str = "kustomization.yaml";

/// The keys of a `kustomization.yaml` that stackgen writes. `configurations` say where names are, `sortOptions` the order.
const KEYS: [&str; 6] =
    ["apiVersion", "kind", "configMapGenerator", "configurations", "resources", "sortOptions"];
const GENERATOR: [&str; 4] = ["files", "name", "namespace", "options"];
const OPTIONS: [&str; 2] = ["annotations", "disableNameSuffixHash"];

/// The objects of a tree, in the order of its lists; `files` by path in it, `name` says to readers which tree it is. The
/// ConfigMaps that Kustomize makes from files are among them, under the name that the tree gives them.
///
/// # Errors
/// Where a file is missing or no YAML, and where a `kustomization.yaml` has what stackgen never writes, because what Kustomize
/// would make of it is not known here.
pub fn tree(
    name: &str,
    files: &BTreeMap<String, String>,
    cache: &mut Cache,
) -> Result<Vec<Item>, Unreadable> {
    if let Some(items) = compose::project(name, files)? {
        return Ok(items);
    }
    let mut reader = Reader { name, files, cache, seen: BTreeSet::new(), items: Vec::new() };
    reader.folder("")?;
    Ok(reader.items)
}

struct Reader<'a> {
    name: &'a str,
    files: &'a BTreeMap<String, String>,
    cache: &'a mut Cache,
    seen: BTreeSet<String>,
    items: Vec<Item>,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &str) -> Result<(), Unreadable> {
        let path = join(folder, FILE);
        let root = self.kustomization(&path)?;
        self.only(&path, &root, &KEYS, "")?;
        for resource in list(&root, "resources") {
            let Some(resource) = resource.as_str() else {
                return Err(self.fault(&path, "a resource is not a path"));
            };
            let below = join(folder, resource);
            if !self.seen.insert(below.clone()) {
                return Err(self.fault(&path, &format!("`{resource}` is listed twice")));
            }
            if self.files.contains_key(&join(&below, FILE)) {
                self.folder(&below)?;
            } else if self.files.contains_key(&below) {
                let shown = format!("{}/{below}", self.name);
                let item = self.cache.object(&below, &shown, &self.files[&below])?;
                let item = item.ok_or_else(|| self.fault(&below, "this is no object of Kubernetes"))?;
                self.items.push(item);
            } else {
                let why = format!("`{resource}` is no file or folder that stackgen wrote; {BY_STREAM}");
                return Err(self.fault(&path, &why));
            }
        }
        for generator in list(&root, "configMapGenerator") {
            let item = self.config_map(folder, &path, generator)?;
            self.items.push(item);
        }
        Ok(())
    }

    /// The ConfigMap of a generator, before Kustomize gives it a suffix.
    fn config_map(&self, folder: &str, path: &str, generator: &Value) -> Result<Item, Unreadable> {
        self.only(path, generator, &GENERATOR, "configMapGenerator.")?;
        let options = generator.get("options").cloned().unwrap_or_default();
        self.only(path, &options, &OPTIONS, "configMapGenerator.options.")?;
        let mut data = Map::new();
        for file in list(generator, "files") {
            let Some((key, at)) = file.as_str().and_then(|it| it.split_once('=')) else {
                return Err(
                    self.fault(path, &format!("`{file}` is not `KEY=PATH`, as stackgen writes files"))
                );
            };
            let at = join(folder, at);
            let Some(text) = self.files.get(&at) else {
                return Err(
                    self.fault(path, &format!("`{file}` is no file that stackgen wrote; {BY_STREAM}"))
                );
            };
            data.insert(key.to_owned(), Value::String(text.clone()));
        }
        let mut metadata = Map::new();
        for key in ["name", "namespace"] {
            metadata.extend(generator.get(key).map(|it| (key.to_owned(), it.clone())));
        }
        metadata.extend(options.get("annotations").map(|it| ("annotations".to_owned(), it.clone())));
        let (node, _) = document(path, &json!({ "metadata": metadata }).to_string(), 1)?;
        let value = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data });
        let item = Item::new(value, node, top(path));
        let mut item = item.ok_or_else(|| self.fault(path, "a generator has no name"))?;
        // With the suffix that Kustomize adds, a change of the content is a change of the name.
        let fixed = options.get("disableNameSuffixHash") == Some(&Value::Bool(true));
        item.base = (!fixed).then(|| item.id.name.clone());
        Ok(item)
    }

    fn kustomization(&mut self, path: &str) -> Result<Arc<Value>, Unreadable> {
        let shown = format!("{}/{path}", self.name);
        let Some(text) = self.files.get(path) else {
            return Err(Unreadable(format!("{shown} is missing")));
        };
        self.cache.list(path, &shown, text)
    }

    fn only(&self, path: &str, map: &Value, known: &[&str], below: &str) -> Result<(), Unreadable> {
        let unknown = map.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str()));
        match unknown {
            None => Ok(()),
            Some((key, _)) => {
                Err(self.fault(path, &format!("stackgen does not write `{below}{key}`; {BY_STREAM}")))
            }
        }
    }

    fn fault(&self, path: &str, why: &str) -> Unreadable {
        Unreadable(format!("{}/{path}: {why}", self.name))
    }
}

const BY_STREAM: &str =
    "compare with what Kustomize builds: `kubectl kustomize DIR | stackgen diff ENV --against -`";

fn list<'a>(map: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    map.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Result<Vec<Item>, String> {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        tree("out/prod", &files, &mut Cache::default()).map_err(|it| it.to_string())
    }

    const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: { name: cart, namespace: shop }\n";

    #[test]
    fn folders_files_and_generators_become_objects() {
        let found = read(&[
            ("kustomization.yaml", "resources: [ cart ]\nsortOptions: { order: fifo }\n"),
            (
                "cart/kustomization.yaml",
                "resources: [ service.yaml ]\nconfigMapGenerator:\n- name: cart\n  namespace: shop\n  files: [ a.conf=files/a.conf ]\n",
            ),
            ("cart/service.yaml", SERVICE),
            ("cart/files/a.conf", "x=1\n"),
            ("cart/unlisted.yaml", SERVICE),
        ])
        .unwrap();
        let titles: Vec<String> = found.iter().map(Item::title).collect();
        assert_eq!(titles, ["Service shop/cart", "ConfigMap shop/cart"]);
        assert_eq!(found[1].text("/data/a.conf"), "x=1\n");
        assert_eq!(found[0].folder, "cart");
    }

    #[test]
    fn what_stackgen_does_not_write_is_refused() {
        let refused = |root: &str| read(&[("kustomization.yaml", root)]).unwrap_err();
        assert!(
            refused("patches: []\n")
                .contains("out/prod/kustomization.yaml: stackgen does not write `patches`")
        );
        assert!(refused("resources: [ ../base ]\n").contains("`../base` is no file or folder"));
        let literals = refused("configMapGenerator: [ { name: a, literals: [ b=c ] } ]\n");
        assert!(literals.contains("`configMapGenerator.literals`"), "{literals}");
        let immutable = refused("configMapGenerator: [ { name: a, options: { immutable: true } } ]\n");
        assert!(immutable.contains("`configMapGenerator.options.immutable`"), "{immutable}");
        assert!(refused("resources: [ a.yaml, a.yaml ]\n").contains("a.yaml"));
        assert_eq!(read(&[]).unwrap_err(), "out/prod/kustomization.yaml is missing");
        let broken = read(&[("kustomization.yaml", "resources: [ a.yaml ]\n"), ("a.yaml", "kind: [\n")]);
        assert!(broken.unwrap_err().starts_with("out/prod/a.yaml:"));
        let no_object =
            read(&[("kustomization.yaml", "resources: [ a.yaml ]\n"), ("a.yaml", "kind: Service\n")]);
        assert!(no_object.unwrap_err().contains("no object of Kubernetes"));
    }
}
