//! From bound names to the output, component by component, in one thread or in several.
//!
//! Components are taken in their order, a few at a time, and bound (files are read once for all of them). Whoever took them
//! checks, lowers and prints them, and puts what came out into the whole in the order of the components: so what comes out,
//! and what is found, is the same for any number of threads, and no more than a few components are held as objects.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::diag::{Diagnostic, Severity, Sink, Span};
use crate::document::Document;
use crate::k8s::Object;
use crate::k8s::schema::Schemas;
use crate::layout::{Folders, Form, Laid, Layout, Piece, Printer};
use crate::lower::{self, Unit, Waves};
use crate::patch::manifest::{Manifest, Manifests};
use crate::patch::{Outcomes, Patches, There};
use crate::resolve::{Binder, Component, Resolved};
use crate::rule::{self, Facts, Noted, Seen};
use crate::stateful::Bound;

/// How many components are taken at a time: enough that threads seldom wait for each other, and few enough to share.
const A_FEW: usize = 8;
/// As many components a thread more: to start one takes as long as a few of them.
const WORTH_A_THREAD: usize = 32;

/// Checks and lowers what is resolved.
pub(super) fn run(
    resolved: &Resolved,
    document: &Document,
    (manifests, schemas): (&Manifests, &Schemas),
    binder: Binder<'_>,
    form: Form,
    jobs: NonZeroUsize,
    sink: &mut Sink,
) -> Laid {
    let Manifests { all: manifests, complete } = manifests;
    let nothing = BTreeSet::new();
    let unseen = Seen::default();
    let facts = Facts { resolved, document, used: &nothing, seen: &unseen, addresses: 0 };
    let waves = Waves::of(resolved);
    let (stages, components) = (lower::stages(resolved), resolved.components.len());
    let mut printer = Printer::new(form, stages);
    let mut layout = Layout::new(form, components, stages);
    let mut seen = Seen::new(components);
    seen.foreign = manifests.iter().map(Manifest::id).collect();
    let patches = Patches::of(resolved, schemas, sink);
    let mut outcomes = Outcomes::default();
    let shared = lower::shared(resolved, &waves, &mut |text, at| binder.text(text, at, sink));
    for mut unit in shared {
        outcomes.extend(patches.apply(None, &mut unit));
        rule::unit(&facts, None, &unit, sink);
        if seen.add(resolved, None, Noted::of(resolved, None, &unit)) {
            printer.share(&unit);
            layout.add(printer.print(unit));
        }
    }
    let foreign = Foreign { manifests, patches: &patches };
    let (beside, noted) = foreign.add(&facts, &printer, &mut layout, &mut seen, sink);
    outcomes.extend(noted);
    let folders = Folders::new(resolved);
    let line = Line {
        facts,
        waves: &waves,
        patches: &patches,
        printer: &printer,
        shared: folders.shared(),
        intake: Mutex::new(Intake { binder, next: 0 }),
        outlet: Mutex::new(Outlet {
            next: 0,
            early: BTreeMap::new(),
            seen,
            folders,
            layout,
            outcomes,
            complete: *complete,
            sink,
        }),
    };
    let threads = jobs.get().min(components / WORTH_A_THREAD);
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| line.work());
        }
        line.work();
    });
    let Line { intake, outlet, .. } = line;
    let binder = intake.into_inner().unwrap_or_else(PoisonError::into_inner).binder;
    let outlet = outlet.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Outlet { mut seen, layout, outcomes, complete, sink, .. } = outlet;
    seen.complete = complete;
    let mut used = binder.used;
    used.extend(patches.used(&outcomes, manifests));
    let facts = Facts { used: &used, seen: &seen, ..facts };
    let there = There::new(seen.ids(), manifests, complete);
    patches.finish(&outcomes, &there, sink);
    rule::taken(&facts, manifests.iter().map(|it| (it.id(), it.at())), sink);
    // What is not there may be what could not be made.
    if complete && !manifests.is_empty() {
        rule::beside(&facts, manifests, beside, sink);
    }
    rule::stack(&facts, sink);
    layout.finish(resolved.instance())
}

/// What the stack has as it is.
struct Foreign<'a> {
    manifests: &'a [Manifest],
    patches: &'a Patches<'a>,
}

impl Foreign<'_> {
    /// Patches, checks and prints it. Whether something else has the name of it, and how it goes with the rest, is for the end:
    /// what patches made of it is handed back.
    fn add(
        &self,
        facts: &Facts<'_>,
        printer: &Printer,
        layout: &mut Layout,
        seen: &mut Seen,
        sink: &mut Sink,
    ) -> (Vec<Object>, Outcomes) {
        if self.manifests.is_empty() {
            return (Vec::new(), Outcomes::default());
        }
        let mut unit = Manifest::unit(self.manifests);
        let outcomes = self.patches.apply(None, &mut unit);
        for (object, manifest) in unit.objects.iter().zip(self.manifests) {
            let foreign = rule::Foreign { object: &manifest.object, place: &|steps| manifest.place(steps) };
            rule::manifest(facts, object, &foreign, sink);
        }
        let patched = unit.objects.clone();
        let places: Vec<Span> = self.manifests.iter().map(Manifest::at).collect();
        if seen.add(facts.resolved, None, Noted::foreign(facts.resolved, &unit, &places)) {
            layout.add(printer.print(unit));
        }
        (patched, outcomes)
    }
}

/// What all threads share.
struct Line<'a> {
    facts: Facts<'a>,
    waves: &'a Waves,
    patches: &'a Patches<'a>,
    printer: &'a Printer,
    /// Folders of several components.
    shared: BTreeSet<&'a str>,
    intake: Mutex<Intake<'a>>,
    outlet: Mutex<Outlet<'a>>,
}

/// Where components come from.
struct Intake<'a> {
    binder: Binder<'a>,
    /// The index of the first that nobody took.
    next: usize,
}

/// A component with its texts.
struct Task<'a> {
    component: &'a Component,
    bound: Option<Bound>,
    texts: BTreeMap<String, String>,
    found: Sink,
}

/// What became of a component.
struct Done<'a> {
    component: &'a Component,
    made: Option<(Noted, Outcomes, Made)>,
    found: Sink,
}

/// A component's unit.
enum Made {
    /// As text.
    Piece(Piece),
    /// As objects: others of its folder are still to come.
    Part(Unit),
}

/// Where everything comes together.
struct Outlet<'a> {
    /// The index of the component that is next.
    next: usize,
    /// What was done before its turn, by the index of its first.
    early: BTreeMap<usize, Vec<Done<'a>>>,
    seen: Seen,
    folders: Folders<'a>,
    layout: Layout,
    /// What patches did, in the order of the components.
    outcomes: Outcomes,
    /// Whether every component could be made.
    complete: bool,
    sink: &'a mut Sink,
}

impl<'a> Line<'a> {
    /// Until nothing is left to be taken.
    fn work(&self) {
        loop {
            let (first, tasks) = open(&self.intake).take(self.facts.resolved);
            if tasks.is_empty() {
                return;
            }
            let done = tasks.into_iter().map(|it| self.make(it)).collect();
            open(&self.outlet).put(self, first, done);
        }
    }

    fn make(&self, task: Task<'a>) -> Done<'a> {
        let Task { component, bound, texts, mut found } = task;
        if is_fatal(&found) {
            return Done { component, made: None, found };
        }
        let resolved = self.facts.resolved;
        rule::component(&self.facts, component, &mut found);
        let mut unit = lower::component(resolved, component, bound, &texts, self.waves);
        let outcomes = self.patches.apply(Some(component), &mut unit);
        rule::unit(&self.facts, Some(component), &unit, &mut found);
        let noted = Noted::of(resolved, Some(component), &unit);
        let made = if self.shared.contains(unit.folder.as_str()) {
            Made::Part(unit)
        } else {
            Made::Piece(self.printer.print(unit))
        };
        Done { component, made: Some((noted, outcomes, made)), found }
    }
}

impl<'a> Intake<'a> {
    /// The next few components, bound, and the index of the first; none once all are taken.
    fn take(&mut self, resolved: &'a Resolved) -> (usize, Vec<Task<'a>>) {
        let first = self.next;
        let few: Vec<_> = resolved.components.values().skip(first).take(A_FEW).collect();
        self.next += few.len();
        (first, few.into_iter().map(|it| self.bind(resolved, it)).collect())
    }

    fn bind(&mut self, resolved: &Resolved, component: &'a Component) -> Task<'a> {
        let mut found = Sink::default();
        let (bound, texts) = bind(&mut self.binder, resolved, component, &mut found);
        Task { component, bound, texts, found }
    }
}

/// A component's containers with every reference resolved, and the texts of the stack's files that a tier reads, by path.
pub(super) fn bind(
    binder: &mut Binder<'_>,
    resolved: &Resolved,
    component: &Component,
    sink: &mut Sink,
) -> (Option<Bound>, BTreeMap<String, String>) {
    let bound = binder.container(component, sink);
    let mut texts = BTreeMap::new();
    binder.scaler(component, sink);
    if let Some(tier) = resolved.tier(component) {
        for credential in tier.credentials() {
            let at = credential.at.iter().fold(component.route().clone(), |at, step| at.join(step));
            binder.secret_key(component, &credential.secret, Some(&credential.key), &at, sink);
        }
        for (at, path) in tier.files() {
            let at = at.steps().fold(component.route().clone(), |route, step| route.join(&step));
            if let Some(text) = binder.file(&path, &at, sink) {
                texts.insert(path, text);
            }
        }
        // What cannot work is said of topologies, and a node for development has none.
        if resolved.node(&component.name, tier, &texts).is_none() {
            tier.check(component.route(), &resolved.stack.cluster, sink);
        }
    }
    (bound, texts)
}

/// Whether something was found that cannot be accepted: it cannot be lowered either. The rest may be, once the stack accepts
/// it.
pub(super) fn is_fatal(found: &Sink) -> bool {
    let fatal = |it: &Diagnostic| it.severity == Severity::Error && !it.code.acceptable();
    found.findings().iter().any(fatal)
}

impl<'a> Outlet<'a> {
    /// Takes what became of a few components, and goes on as far as their order allows.
    fn put(&mut self, line: &Line<'a>, first: usize, done: Vec<Done<'a>>) {
        self.early.insert(first, done);
        while let Some(done) = self.early.remove(&self.next) {
            self.next += done.len();
            for one in done {
                self.add(line, one);
            }
        }
    }

    fn add(&mut self, line: &Line<'a>, done: Done<'a>) {
        let Done { component, made, found } = done;
        self.sink.append(found);
        let Some((noted, outcomes, made)) = made else {
            self.complete = false;
            return;
        };
        self.outcomes.extend(outcomes);
        if !self.seen.add(line.facts.resolved, Some(component), noted) {
            return;
        }
        match made {
            Made::Piece(piece) => self.layout.add(piece),
            Made::Part(unit) => {
                if let Some(whole) = self.folders.put(component, unit) {
                    self.layout.add(line.printer.print(whole));
                }
            }
        }
    }
}

/// What threads share. A thread that panics ends the program, or the test, when the others are done.
fn open<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
