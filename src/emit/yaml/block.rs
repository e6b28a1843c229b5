//! Mappings and sequences: where the next line begins, and `{}` or `[]` when none did.

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::key::Key;
use super::{EmitError, Node, Out, Place, scalar};

/// Readers give up on `key: value` when the key is longer than 1024 characters on its line; this leaves a margin
/// and counts bytes. Longer ones take the form `? key`, with the colon on the next line.
const SIMPLE_KEY: usize = 1000;

/// A list being written.
pub(super) struct Sequence<'a, 'o>(pub(super) Block<'a, 'o>);

/// A mapping being written.
pub(super) struct Mapping<'a, 'o>(pub(super) Block<'a, 'o>);

/// What lists and mappings have in common.
pub(super) struct Block<'a, 'o> {
    pub(super) out: &'a mut Out<'o>,
    place: Place,
    /// That of its keys or dashes.
    pub(super) column: usize,
    empty: bool,
}

/// The blank between `key:` or `-` and a value on the same line.
pub(super) fn space(out: &mut Out<'_>, place: Place) {
    if place != Place::Root {
        out.text.push(' ');
    }
}

impl<'a, 'o> Block<'a, 'o> {
    pub(super) fn new(out: &'a mut Out<'o>, place: Place, column: usize) -> Self {
        Self { out, place, column, empty: true }
    }

    /// Writes a key that is text, and its colon.
    pub(super) fn key(&mut self, key: &str) {
        self.entry();
        let start = self.out.text.len();
        scalar::key(self.out.text, key);
        self.colon(start);
    }

    /// Goes to where the next key or dash stands. The first entry of a list's item shares the line of the dash.
    fn entry(&mut self) {
        match self.place {
            Place::Root if self.empty => {}
            Place::Item if self.empty => self.out.text.push(' '),
            _ => self.out.line(self.column),
        }
        self.empty = false;
    }

    /// Ends the key that began at byte `start`.
    fn colon(&mut self, start: usize) {
        if self.out.text.len() - start > SIMPLE_KEY {
            self.out.text.insert_str(start, "? ");
            self.out.line(self.column);
        }
        self.out.text.push(':');
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
        self.entry();
        self.out.text.push('-');
        value.serialize(Node { out: self.out, place: Place::Item, column: self.column })
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
        value.serialize(Node { out: self.out, place: Place::Value, column: self.column })
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), EmitError> {
        self.key(key);
        self.value(value)
    }

    fn end(self, brackets: &str) {
        if self.empty {
            space(self.out, self.place);
            self.out.text.push_str(brackets);
        }
    }
}

macro_rules! sequence {
    ($($of:ident :: $element:ident)*) => {$(
        impl $of for Sequence<'_, '_> {
            type Ok = ();
            type Error = EmitError;

            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
                self.0.item(value)
            }

            fn end(self) -> Result<(), EmitError> {
                self.0.end("[]");
                Ok(())
            }
        }
    )*};
}

sequence! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! mapping {
    ($($of:ident)*) => {$(
        impl $of for Mapping<'_, '_> {
            type Ok = ();
            type Error = EmitError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), EmitError> {
                self.0.field(key, value)
            }

            fn end(self) -> Result<(), EmitError> {
                self.0.end("{}");
                Ok(())
            }
        }
    )*};
}

mapping! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Mapping<'_, '_> {
    type Ok = ();
    type Error = EmitError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EmitError> {
        self.0.entry();
        let start = self.0.out.text.len();
        key.serialize(Key(self.0.out.text))?;
        self.0.colon(start);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EmitError> {
        self.0.value(value)
    }

    fn end(self) -> Result<(), EmitError> {
        self.0.end("{}");
        Ok(())
    }
}
