//! Keys of a mounted secret that its container does not read: whoever starts the project need not have them.

use k8s_openapi::api::core::v1 as core;

use super::Builder;
use super::file::Service;
use super::workload::Place;

impl Builder<'_> {
    /// What tells which files a container reads: its command, its variables, and the files of the stack that it mounts.
    pub(super) fn texts(
        &self,
        place: &Place<'_>,
        container: &core::Container,
        service: &Service,
    ) -> Vec<String> {
        let mounted = |name: &str| container.volume_mounts.iter().flatten().any(|it| it.name == name);
        let mut maps = Vec::new();
        for volume in place.pod.volumes.iter().filter(|it| mounted(&it.name)) {
            maps.extend(volume.config_map.as_ref().map(|it| it.name.as_str()));
            let sources = volume.projected.iter().flat_map(|it| it.sources.iter().flatten());
            maps.extend(sources.filter_map(|it| Some(it.config_map.as_ref()?.name.as_str())));
        }
        let own = |map: &str| place.files.iter().find(|it| it.name == map).map(|it| &it.files);
        let files =
            maps.into_iter().filter_map(|it| own(it).or(self.configs.get(it))).flat_map(|it| it.values());
        let words = container.command.iter().chain(&container.args).flatten();
        files.chain(words).chain(service.environment.values()).cloned().collect()
    }
}

/// Who signed a certificate: many issuers leave it out, so that a program that names the other two by their paths lives without.
const AUTHORITY: &str = "ca.crt";

/// The keys of a secret in a folder that nothing reads: a text names another key by its path there, and none names these, nor
/// the folder as such, of which a program may read or watch all. Where no text names any, the program knows by itself.
pub(super) fn keys<'a>(folder: &str, keys: &'a [String], texts: &[String]) -> Vec<&'a str> {
    let folder = folder.trim_end_matches('/');
    let (mut named, mut whole) = (vec![false; keys.len()], false);
    for (at, text) in texts.iter().flat_map(|text| text.match_indices(folder).map(move |(at, _)| (at, text)))
    {
        let rest = &text[at + folder.len()..];
        let longest = |it: &&(usize, &String)| it.1.len();
        let begun = rest.strip_prefix('/').and_then(|it| {
            keys.iter()
                .enumerate()
                .filter(|(_, key)| it.starts_with(key.as_str()))
                .max_by_key(|it| longest(&it))
        });
        match begun {
            Some((index, _)) => named[index] = true,
            // Another folder whose name only begins alike.
            None if rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "-_.".contains(c)) => {}
            None => whole = true,
        }
    }
    if named.iter().all(|it| !it) {
        return Vec::new();
    }
    let unread = keys.iter().zip(named).filter(|(_, named)| !named).map(|(key, _)| key.as_str());
    unread.filter(|it| !whole || *it == AUTHORITY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_unread_where_others_are_named_and_it_is_not() {
        let all = ["tls.crt", "tls.key", "ca.crt"].map(str::to_owned);
        let unread = |texts: &[&str]| {
            keys("/certs/", &all, &texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).join(" ")
        };
        assert_eq!(unread(&["cert: /certs/tls.crt\nkey: /certs/tls.key"]), "ca.crt");
        assert_eq!(unread(&["cert: /certs/tls.crt", "/certs/ca.crt"]), "tls.key");
        assert_eq!(unread(&["/certs/tls.crt /certs-of-others/x"]), "tls.key ca.crt");
        // Nothing is named, or the folder is.
        assert_eq!(unread(&["--verbose"]), "");
        assert_eq!(unread(&["--certs=/certs"]), "");
        assert_eq!(unread(&["/certs/tls.crt", "--certs=/certs"]), "ca.crt");
        assert_eq!(unread(&["/certs/tls.crt", "/certs/$NAME"]), "ca.crt");
        assert_eq!(unread(&["/certs/ca.crt", "/certs/$NAME"]), "");
    }
}
