//! Roles: what each of a component is bound to, and what that can give.

use std::borrow::Cow;

use super::codes::{CANNOT_GIVE, ROLE_OF_NOBODY};
use super::{Component, Resolved};
use crate::diag::{At, Diagnostic, Part, Route, Sink, and_list, nearest};
use crate::model::{Container, FileKey, Name, Secret, Value};

/// What a role is bound to.
pub(super) struct Bound<'a> {
    /// The section that the target stands in.
    pub(super) section: &'static str,
    /// The target.
    pub(super) target: &'a Name,
}

impl Resolved {
    /// The kind of a component or external, as `whenBound` names it: that of a tier, `service` or `external`.
    #[must_use]
    pub fn kind(&self, target: &Name) -> Option<&str> {
        match self.components.get(target) {
            Some(it) => Some(self.engine(it).map_or("service", crate::stateful::Engine::kind)),
            None => self.stack.externals.contains_key(target).then_some("external"),
        }
    }

    /// The ports of a target that a component says it calls, by `uses` and `bind`; empty where it means all of them, none
    /// where it does not say that it calls it.
    #[must_use]
    pub fn called_ports(&self, from: &Component, target: &Name) -> Option<Cow<'_, [Name]>> {
        let common = self.common(from);
        let used = common.uses.0.get(target).map(|it| Cow::Borrowed(it.as_slice()));
        let mut bound = common.bind.values().filter(|it| it.target == *target).peekable();
        if bound.peek().is_none() || used.as_ref().is_some_and(|it| it.is_empty()) {
            return used;
        }
        let mut ports = used.unwrap_or_default().into_owned();
        for binding in bound {
            match &binding.port {
                Some(port) => ports.push(port.clone()),
                None => return Some(Cow::Borrowed(&[])),
            }
        }
        Some(Cow::Owned(ports))
    }

    /// The password of what a role of a component is bound to, as a secret of the component's namespace and its key.
    fn password(&self, from: &Component, role: &Name) -> Option<(&Name, &FileKey)> {
        let binding = self.common(from).bind.get(role)?;
        let login = self.components.get(&binding.target)?.endpoints.login.as_ref()?;
        Some(self.beside(from, &login.secret, &login.key).unwrap_or((&login.secret, &login.key)))
    }

    /// The secrets that a container of a component takes as environment, by their names in the stack.
    #[must_use]
    pub fn variables_from<'a>(&'a self, from: &Component, container: &'a Container) -> Vec<&'a Name> {
        let bound = container.env.values().filter_map(|it| match it {
            Value::Bound(role) => self.password(from, role).map(|it| it.0),
            _ => None,
        });
        container.secrets().chain(bound).collect()
    }

    /// The password of what a role of a component is bound to. Reports at `at` a role that nobody is bound to, and a target
    /// without a password.
    pub(super) fn bound_password(
        &self,
        from: &Component,
        role: &Name,
        at: &Route,
        sink: &mut Sink,
    ) -> Option<(&Name, &FileKey)> {
        let target = bound(self, from, role.as_str(), at, sink)?.target;
        let found = self.password(from, role);
        if found.is_none() {
            let message = format!("`{role}` is bound to `{target}`, which has no password for its clients");
            let place = from.route().join("bind").join(role.as_str());
            sink.push(
                Diagnostic::at_value(&CANNOT_GIVE, at, message)
                    .also(At::Node(place, Part::Value), "bound here")
                    .help("remove the variable, or move it under `whenBound` to a kind that has one; what is outside is `{ secret: NAME, key: KEY }`"),
            );
        }
        found
    }

    /// Another secret of the component's namespace with the same value: of the same store and path, by its key there.
    fn beside(&self, from: &Component, secret: &Name, key: &FileKey) -> Option<(&Name, &FileKey)> {
        let all = &self.stack.secrets;
        let own = all.get(secret)?;
        let there = |it: &Secret| self.namespace_or_only(it.namespace.as_ref()) == from.namespace;
        if there(own) {
            return None;
        }
        let remote = own.keys.0.get(key)?;
        let same = |it: &Secret| it.from == own.from && it.path == own.path && own.path.is_some();
        let mut fitting = all.iter().filter(|(_, it)| there(it) && same(it));
        fitting.find_map(|(name, it)| {
            let (key, _) = it.keys.0.iter().find(|(_, it)| *it == remote)?;
            Some((name, key))
        })
    }
}

/// What a role is bound to; reports at `at` one that the component does not bind.
pub(super) fn bound<'a>(
    resolved: &'a Resolved,
    from: &Component,
    role: &str,
    at: &Route,
    sink: &mut Sink,
) -> Option<Bound<'a>> {
    let roles = &resolved.common(from).bind;
    let Some(binding) = roles.get(role) else {
        let message = format!("`{}` binds no role `{role}`", from.name);
        let found = Diagnostic::at_value(&ROLE_OF_NOBODY, at, message);
        sink.push(match nearest(role, roles.keys().map(Name::as_str)) {
            Some(near) => found.help(format!("write `{near}`")),
            None if roles.is_empty() => found.help(format!("bind it: `bind: {{ {role}: TARGET }}`")),
            None => found.help(format!("it binds {}", and_list(roles.keys().map(Name::as_str)))),
        });
        return None;
    };
    let target = &binding.target;
    let section = match resolved.components.get(target) {
        Some(it) => it.section.as_str(),
        None => resolved.stack.externals.contains_key(target).then_some("externals")?,
    };
    Some(Bound { section, target })
}

/// Reports roles that nobody is bound to, and bindings to kinds that a component has nothing for.
pub(super) fn check(resolved: &Resolved, component: &Component, sink: &mut Sink) {
    let common = resolved.common(component);
    for (role, kinds) in &common.when_bound.0 {
        let at = component.route().join("whenBound").join(role.as_str());
        let Some(binding) = common.bind.get(role) else {
            let message = format!("nothing is bound to the role `{role}` of `{}`", component.name);
            let found = Diagnostic::at_key(&ROLE_OF_NOBODY, &at, message);
            sink.push(match nearest(role.as_str(), common.bind.keys().map(Name::as_str)) {
                Some(near) => found.help(format!("write `{near}`")),
                None => found.help(format!(
                    "bind it: `bind: {{ {role}: TARGET }}`; where it is not wanted, remove this, too: `whenBound: {{ {role}: null }}`"
                )),
            });
            continue;
        };
        let Some(kind) = resolved.kind(&binding.target).filter(|it| !kinds.contains(*it)) else { continue };
        let message = format!(
            "`{role}` is bound to `{}`, of kind `{kind}`, for which `{}` has nothing",
            binding.target, component.name
        );
        let bound = component.route().join("bind").join(role.as_str());
        let known = and_list(kinds.iter().map(String::as_str));
        sink.push(
            Diagnostic::at_value(&CANNOT_GIVE, &bound, message)
                .also(At::Node(at, Part::Key), format!("this is for {known}"))
                .note("the program would run without what it needs for this kind of target")
                .help(format!("bind it to a target of kind {known}, or say what it needs: `whenBound: {{ {role}: {{ {kind}: {{ … }} }} }}`")),
        );
    }
}
