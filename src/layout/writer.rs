//! Where units are laid out: here, or on a thread of their own while the next ones are made.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use super::{Form, Laid, Layout};
use crate::lower::Unit;

/// Components from which a thread is worth what it costs to start.
const MANY: usize = 64;
/// Units that may wait: few, because they are what memory is spent on.
const WAITING: usize = 64;

/// Lays units out in the order in which they come.
#[derive(Debug)]
pub struct Writer<'scope>(Place<'scope>);

#[derive(Debug)]
enum Place<'scope> {
    Here(Layout),
    Beside(SyncSender<Unit>, ScopedJoinHandle<'scope, Layout>),
}

impl<'scope> Writer<'scope> {
    /// A writer for so many components. Texts are most of the work and need nothing but the units.
    #[must_use]
    pub fn new(scope: &'scope Scope<'scope, '_>, form: Form, components: usize) -> Self {
        let mut layout = Layout::new(form);
        if components < MANY || form == Form::Count {
            return Self(Place::Here(layout));
        }
        let (sender, units) = sync_channel(WAITING);
        let thread = scope.spawn(move || {
            for unit in units {
                layout.add(unit);
            }
            layout
        });
        Self(Place::Beside(sender, thread))
    }

    /// Adds a unit.
    ///
    /// # Panics
    /// When laying out an earlier one did.
    pub fn add(&mut self, unit: Unit) {
        match &mut self.0 {
            Place::Here(layout) => layout.add(unit),
            Place::Beside(sender, _) => {
                sender.send(unit).expect("the thread ends when nothing can come any more");
            }
        }
    }

    /// The whole.
    ///
    /// # Panics
    /// When laying out a unit did.
    #[must_use]
    pub fn finish(self) -> Laid {
        match self.0 {
            Place::Here(layout) => layout.finish(),
            Place::Beside(sender, thread) => {
                drop(sender);
                thread.join().expect("laying out cannot fail").finish()
            }
        }
    }
}
