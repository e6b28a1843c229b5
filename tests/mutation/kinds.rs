//! One thing broken at a time: every kind of mutation, at every place where it can be made.

use std::ops::Range;

use super::document::{Place, Stack};
use super::schema::{has_pattern, is_a, is_free, words};

/// A change of one file.
pub(super) struct Mutant {
    pub(super) kind: &'static str,
    pub(super) file: String,
    pub(super) environment: String,
    pub(super) at: Range<usize>,
    pub(super) with: String,
    pub(super) expected: Expected,
    /// The line of what it leaves empty, and how many it has.
    pub(super) emptied: Option<(usize, usize)>,
    /// What was changed, in words.
    pub(super) what: String,
}

/// What has to come of it.
pub(super) enum Expected {
    /// A finding at the line that is changed; so many lines further on will do.
    Here(usize),
    /// A finding at the line that is changed, or at one that names what it was.
    Renamed(String),
    /// A finding at a line that names this, wherever; where none does, as [`Expected::Change`].
    Users(String),
    /// As [`Expected::Users`], with either of two names: what has a thing, and the thing.
    UsersOfEither(String, String),
    /// A finding at the line before it that opens the mapping, or at a line of the mapping.
    Above(usize),
    /// A finding at the line, at the one after it, or at one of so many before it, where an outer bracket opens.
    Bracket(usize),
    /// A finding anywhere, or another output: the stack may be sound.
    Change,
}

/// Fields that name an entry of a section.
const NAMES: [(&str, &str); 10] = [
    ("profile", "profiles"),
    ("namespace", "namespaces"),
    ("affinity", "affinity"),
    ("gateway", "gateways"),
    ("from", "stores"),
    ("secret", "secrets"),
    ("certificate", "certificates"),
    ("extends", "environments"),
    ("storageClass", "storageClasses"),
    ("caCertSecret", "secrets"),
];
/// Sections of definitions, with what the removal of an entry is called.
const SECTIONS: [(&str, &str); 13] = [
    ("services", "removed service"),
    ("stateful", "removed tier"),
    ("jobs", "removed job"),
    ("profiles", "removed profile"),
    ("secrets", "removed secret"),
    ("certificates", "removed certificate"),
    ("externals", "removed external"),
    ("namespaces", "removed namespace"),
    ("parameters", "removed parameter"),
    ("affinity", "removed affinity"),
    ("gateways", "removed gateway"),
    ("stores", "removed store"),
    ("clients", "removed client"),
];

/// Everything that can be broken in a stack, kind by kind in the order of places.
pub(super) fn all(stack: &Stack<'_>) -> Vec<Mutant> {
    let mut found = Vec::new();
    for place in &stack.places {
        let text = &stack.files[&place.file];
        let mut maker = Maker { stack, place, text, found: &mut found };
        maker.keys();
        maker.removals();
        if let Some(scalar) = &place.text
            && !text[place.value.clone()].starts_with(['*', '&', '|', '>'])
        {
            maker.scalar(scalar);
            maker.references();
            maker.names(scalar);
        } else if place.text.is_none() {
            maker.nested();
        }
    }
    found
}

struct Maker<'m, 's> {
    stack: &'m Stack<'s>,
    place: &'m Place<'s>,
    text: &'m str,
    found: &'m mut Vec<Mutant>,
}

impl Maker<'_, '_> {
    fn add(&mut self, kind: &'static str, at: Range<usize>, with: impl Into<String>, expected: Expected) {
        let place = self.place;
        let emptied = if matches!(expected, Expected::Users(_)) { self.emptied() } else { None };
        self.found.push(Mutant {
            kind,
            file: place.file.clone(),
            environment: self.stack.environment(place),
            at,
            with: with.into(),
            expected,
            emptied,
            what: place.route.join("."),
        });
    }

    /// The line of the mapping that a place is in, where it is the only entry; of a service's ports, the lines of the service.
    fn emptied(&self) -> Option<(usize, usize)> {
        let (_, above) = self.place.route.split_last()?;
        let mut own = self.stack.places.iter().filter(|it| it.file == self.place.file);
        let beside = own.clone().filter(|it| it.route.len() > above.len() && it.route.starts_with(above));
        if beside.filter(|it| it.route.len() == above.len() + 1).count() > 1 {
            return None;
        }
        let of_service = above.last().is_some_and(|it| it == "ports");
        let above = own.find(|it| it.route == if of_service { &above[..2] } else { above })?;
        let more = self.text[above.start()..above.value.end].matches('\n').count();
        let first = self.text[..above.start()].matches('\n').count() + 1;
        Some((first, if of_service { more } else { 0 }))
    }

    /// Replaces the value.
    fn put(&mut self, kind: &'static str, with: impl Into<String>) {
        self.add(kind, self.place.value.clone(), with, Expected::Here(0));
    }

    fn is_on_one_line(&self) -> bool {
        !self.text[self.place.start()..self.place.value.end].contains('\n')
    }

    fn keys(&mut self) {
        let place = self.place;
        let Some(key) = place.key.clone() else { return };
        let name = place.name();
        if place.is_field && name.len() > 3 {
            let wrong = swapped(name);
            self.add("misspelt field", key.clone(), wrong, Expected::Here(0));
        }
        if self.is_on_one_line() {
            let whole = &self.text[key.start..place.value.end];
            // Anchors may be there once.
            if !whole.contains('&') {
                let (between, down) = if place.in_flow {
                    (", ".to_owned(), 0)
                } else {
                    let line =
                        &self.text[self.text[..key.start].rfind('\n').map_or(0, |it| it + 1)..key.start];
                    (format!("\n{}", " ".repeat(line.len())), 1)
                };
                let end = place.value.end;
                self.add("duplicate key", end..end, format!("{between}{whole}"), Expected::Here(down));
            }
        }
        if let [section, name] = place.route.as_slice()
            && ["services", "stateful", "namespaces", "secrets"].contains(&section.as_str())
        {
            self.add("malformed name", key, format!("{name}_X"), Expected::Renamed(name.clone()));
        }
    }

    fn removals(&mut self) {
        let place = self.place;
        let route: Vec<&str> = place.route.iter().map(String::as_str).collect();
        let (kind, expected) = match route.as_slice() {
            [section, name] if !self.overlaid() => {
                let Some((_, kind)) = SECTIONS.iter().find(|it| it.0 == *section) else { return };
                (*kind, Expected::Users((*name).to_owned()))
            }
            ["secrets", _, "keys", name] if !self.overlaid() => {
                let key = place.text.clone().filter(|_| place.key.is_none());
                ("removed secret key", Expected::Users(format!("key: {}", key.as_deref().unwrap_or(name))))
            }
            ["profiles", _, "ports", name] => ("removed port", Expected::Users((*name).to_owned())),
            // Of several, who calls the others does not say so.
            ["services", owner, "ports", name] if self.emptied().is_some() => {
                ("removed port", Expected::UsersOfEither((*owner).to_owned(), (*name).to_owned()))
            }
            ["services", _, "ports", _] => ("removed port", Expected::Change),
            ["stateful", _, "kind"] => ("removed kind", Expected::Above(1)),
            _ if place.is_field && place.route.len() > 2 => ("removed field", Expected::Change),
            _ => return,
        };
        let at = self.entry();
        self.add(kind, at, "", expected);
    }

    /// How many lines before it the outermost bracket around it opens.
    fn lines_of_outer_brackets(&self) -> usize {
        let place = self.place;
        let around = self.stack.places.iter().filter(|it| {
            it.file == place.file
                && place.route.starts_with(&it.route)
                && self.text[it.value.clone()].starts_with(['{', '['])
        });
        let first = around.map(|it| it.value.start).min().unwrap_or(place.value.start);
        self.text[first..place.value.end].matches('\n').count()
    }

    /// Whether it is in a file that lies over the stack.
    fn overlaid(&self) -> bool {
        self.place.file != "stack.yaml" && self.place.file.contains('/')
    }

    /// The entry with what separates it from the next.
    fn entry(&self) -> Range<usize> {
        let (start, mut end) = (self.place.start(), self.place.value.end);
        if self.place.in_flow {
            let rest = &self.text[end..];
            if let Some(rest) = rest.trim_start().strip_prefix(',') {
                return start..self.text.len() - rest.trim_start().len();
            }
            let before = self.text[..start].trim_end();
            return before.strip_suffix(',').map_or(start, str::len)..end;
        }
        let first = self.text[..start].rfind('\n').map_or(0, |it| it + 1);
        if self.text[..end].ends_with('\n') {
            end -= 1;
        }
        first..self.text[end..].find('\n').map_or(self.text.len(), |it| end + it + 1)
    }

    fn scalar(&mut self, scalar: &str) {
        let place = self.place;
        let known = &place.known;
        let quoted = self.text[place.value.clone()].starts_with(['"', '\'']);
        if words(known).contains(&scalar) {
            self.put("misspelt word", format!("{scalar}x"));
        } else if scalar.parse::<i64>().is_ok()
            && !quoted
            && (is_a(known, "integer") || is_a(known, "number"))
            && !is_free(known)
        {
            self.put("text for a number", "many");
            self.add(
                "another number",
                place.value.clone(),
                (scalar.parse::<i64>().unwrap() + 1).to_string(),
                Expected::Change,
            );
            self.put("negative number", "-7");
        } else if matches!(scalar, "true" | "false") && is_a(known, "boolean") && !is_free(known) {
            self.put("text for a boolean", "perhaps");
        }
        let number = scalar.trim_end_matches(|it: char| it.is_ascii_alphabetic());
        if number.len() < scalar.len()
            && number.parse::<f64>().is_ok()
            && has_pattern(known)
            && !is_free(known)
        {
            self.put("unknown unit", format!("{number}qx"));
        }
        if (has_pattern(known) || !words(known).is_empty()) && !is_free(known) && place.key.is_some() {
            self.put("mapping for a value", "{ nothing: here }");
        }
        let route: Vec<&str> = place.route.iter().map(String::as_str).collect();
        match route.as_slice() {
            [.., "terminationGracePeriodSeconds"] => {
                self.add("shorter grace", place.value.clone(), "1", Expected::Change);
            }
            ["services" | "profiles", .., "image"] if scalar.contains(':') => {
                let name = scalar.rsplit_once(':').map_or(scalar, |it| it.0).replace(":${versions", "");
                self.put("image without a tag", format!("\"{name}\""));
            }
            [.., "file" | "template" | "versions"] if self.stack.files.contains_key(scalar) => {
                self.put("unknown file", format!("{scalar}x"));
            }
            ["include", _] => self.put("unknown file", format!("{scalar}x")),
            _ => {}
        }
    }

    /// References in a text: the name of what they refer to.
    fn references(&mut self) {
        let value = self.place.value.clone();
        let slice = &self.text[value.clone()];
        for (at, _) in slice.match_indices("${") {
            let Some(length) = slice[at..].find('}') else { continue };
            let inside = &slice[at + 2..at + length];
            let mut steps = inside.split('.');
            let (Some(first), Some(name)) = (steps.next(), steps.next()) else { continue };
            let start = value.start + at + 2 + first.len() + 1;
            self.add("dangling reference", start..start + name.len(), format!("{name}x"), Expected::Here(0));
            if let Some(property) = steps.next() {
                let start = start + name.len() + 1;
                self.add(
                    "unknown property",
                    start..start + property.len(),
                    format!("{property}x"),
                    Expected::Here(0),
                );
            }
        }
    }

    /// Texts that name something.
    fn names(&mut self, scalar: &str) {
        let place = self.place;
        let parent = place.route.iter().rev().nth(1).map_or("", String::as_str);
        let field = if place.key.is_some() { place.name() } else { parent };
        if field == "uses" && place.key.is_none() {
            let (name, port) = scalar.split_once(':').unwrap_or((scalar, ""));
            let with = if port.is_empty() { format!("{name}x") } else { format!("\"{name}x:{port}\"") };
            self.put("unknown target", with);
            if !port.is_empty() {
                self.put("unknown port", format!("\"{name}:{port}x\""));
            }
        }
        if field == "port" && scalar.parse::<u16>().is_err() && place.route.iter().any(|it| it == "probes") {
            self.put("unknown port", format!("{scalar}x"));
        }
        if field == "key" && place.beside.contains_key("secret") {
            self.put("unknown key", format!("{scalar}x"));
        }
        let section = NAMES.iter().find(|it| it.0 == field).and_then(|it| self.stack.declared.get(it.1));
        if section.is_some_and(|it| it.contains(scalar)) && !place.is_outside() {
            self.put("name of nothing", format!("{scalar}x"));
        }
    }

    /// Mappings and lists.
    fn nested(&mut self) {
        let place = self.place;
        let slice = &self.text[place.value.clone()];
        if slice.ends_with(['}', ']']) && self.is_on_one_line() {
            let end = place.value.end;
            self.add("unclosed bracket", end - 1..end, "", Expected::Bracket(self.lines_of_outer_brackets()));
        }
        let name = place.name();
        let children = |at: &[&str]| {
            let route: Vec<String> =
                place.route.iter().cloned().chain(at.iter().map(|it| (*it).to_owned())).collect();
            let mut all = self.stack.places.iter();
            all.find(move |it| it.file == place.file && it.route == route)
        };
        if name == "ports" && place.route.len() == 3 {
            let ports = self.stack.places.iter().filter(|it| {
                it.file == place.file && it.route.len() == 4 && it.route.starts_with(&place.route)
            });
            let ports: Vec<&Place<'_>> = ports.filter(|it| it.text.is_some()).collect();
            for pair in ports.windows(2) {
                let first = pair[0].text.clone().unwrap_or_default();
                self.add("port taken", pair[1].value.clone(), first, Expected::Here(0));
            }
        }
        if name == "resources"
            && children(&["requests", "memory"]).is_some()
            && let Some(limit) = children(&["limits", "memory"])
        {
            let at = limit.value.clone();
            self.add("limit below the request", at, "1Mi", Expected::Here(0));
        }
        let secret = ["PASSWORD", "TOKEN", "SECRET", "API_KEY"].iter().any(|it| name.ends_with(it));
        if secret && children(&["secret"]).is_some() && place.route.iter().any(|it| it == "env") {
            self.put("written credential", "hunter2-hunter2-hunter2");
        }
    }
}

impl Place<'_> {
    /// Whether a name at it is of something outside the stack.
    fn is_outside(&self) -> bool {
        let steps = ["clients", "gateways", "existing", "gitops", "identities"];
        self.route.iter().any(|it| steps.contains(&it.as_str()))
    }
}

/// A word with two letters swapped.
fn swapped(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let at = (1..letters.len() - 1).find(|it| letters[*it] != letters[*it + 1]).unwrap_or(0);
    letters.swap(at, at + 1);
    letters.into_iter().collect()
}
