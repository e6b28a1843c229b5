//! Patterns of paths: `*` and `?` within a step, `**` for any number of steps.

/// A pattern. Names that begin with a dot match only what begins with a dot too, as in a shell.
pub(super) struct Glob<'a> {
    steps: &'a [&'a str],
}

impl<'a> Glob<'a> {
    /// The pattern of these steps.
    pub(super) fn new(steps: &'a [&'a str]) -> Self {
        Self { steps }
    }

    /// The folder below which all matches are, and how many steps below it they can be; 0 for a plain path.
    pub(super) fn reach(&self) -> (&'a [&'a str], usize) {
        let plain = self.steps.iter().take_while(|it| !it.contains(['*', '?'])).count();
        let rest = &self.steps[plain..];
        let depth = if rest.contains(&"**") { usize::MAX } else { rest.len() };
        (&self.steps[..plain], depth)
    }

    /// Whether a path below the folder that [`Self::reach`] names matches.
    pub(super) fn matches(&self, path: &[String]) -> bool {
        let rest = &self.steps[self.reach().0.len()..];
        wild(rest, path, |it| *it == "**", |pattern, step| step_matches(pattern, step), |it| !hidden(it))
    }
}

fn hidden(step: &str) -> bool {
    step.starts_with('.')
}

fn step_matches(pattern: &str, step: &str) -> bool {
    if hidden(step) && !hidden(pattern) {
        return false;
    }
    let (pattern, step): (Vec<char>, Vec<char>) = (pattern.chars().collect(), step.chars().collect());
    wild(&pattern, &step, |it| *it == '*', |pattern, it| *pattern == '?' || pattern == it, |_| true)
}

/// Matches in at most `pattern` × `text` steps: only the last star ever needs to take more.
fn wild<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: impl Fn(&P) -> bool,
    one: impl Fn(&P, &T) -> bool,
    star_takes: impl Fn(&T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p).is_some_and(&is_star) {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|it| one(it, &text[t])) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star.filter(|(_, taken)| star_takes(&text[*taken])) {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str) -> bool {
        let steps: Vec<&str> = pattern.split('/').collect();
        let glob = Glob::new(&steps);
        let folder = glob.reach().0.len();
        let path: Vec<String> = path.split('/').skip(folder).map(str::to_owned).collect();
        glob.matches(&path)
    }

    #[test]
    fn stars_and_question_marks() {
        for (pattern, path) in [
            ("*.yaml", "a.yaml"),
            ("a*b*c", "aXbXbc"),
            ("?", "é"),
            ("**/a", "a"),
            ("**/a", "x/y/a"),
            ("x/**/a/*", "x/a/b/a/c"),
            (".*", ".a"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("*.yaml", "a.yml"),
            ("*", "a/b"),
            ("?", "ab"),
            ("*", ".a"),
            ("**/a", ".git/a"),
            ("**/a/b", "a/c/b"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn hostile_patterns_are_quick() {
        assert!(!matches(&"*a".repeat(500), &"a".repeat(499)));
        assert!(!matches(&"**/a/".repeat(200), &["a"; 150].join("/")));
    }

    #[test]
    fn reach_is_the_plain_part() {
        let reach = |pattern: &str| {
            let steps: Vec<&str> = pattern.split('/').collect();
            let (folder, depth) = Glob::new(&steps).reach();
            (folder.join("/"), depth)
        };
        assert_eq!(reach("a/b.yaml"), ("a/b.yaml".to_owned(), 0));
        assert_eq!(reach("a/*/c"), ("a".to_owned(), 2));
        assert_eq!(reach("**/c"), (String::new(), usize::MAX));
    }
}
