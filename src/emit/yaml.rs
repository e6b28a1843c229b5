//! Any [`Serialize`] value to block-style YAML that YAML 1.1 and 1.2 readers understand alike.
//!
//! The layout is that of `kubectl` and Kustomize: two blanks a level, lists at the column of their key, keys in the
//! order in which serde gives them. Strings are bare only when no reader could take them for anything else (see
//! `scalar`); text of several lines is a literal block; no line is ever folded or wrapped.
//!
//! Enums are written as JSON writes them (`Variant` or `Variant: value`), without YAML tags.

mod block;
mod error;
mod hazard;
mod key;
mod scalar;

use serde::{Serialize, Serializer};

use block::{Block, Mapping, Sequence};
pub use error::EmitError;
pub use hazard::{Hazard, hazard};

/// Writes one document: no leading `---`, exactly one newline at the end.
///
/// # Errors
/// What YAML or the reader of it cannot hold: bytes, a number that is not finite, a key that is not a scalar; or an
/// error of the value's own [`Serialize`].
pub fn to_yaml<T: Serialize + ?Sized>(value: &T) -> Result<String, EmitError> {
    let mut out = String::new();
    write_yaml(&mut out, value)?;
    Ok(out)
}

/// As [`to_yaml`], appending to `out`, which must be empty or end with a newline. After an error `out` is as before.
///
/// # Errors
/// As [`to_yaml`].
pub fn write_yaml<T: Serialize + ?Sized>(out: &mut String, value: &T) -> Result<(), EmitError> {
    let start = out.len();
    let mut sink = Out { text: out, kept: None };
    let written = value.serialize(Node { out: &mut sink, place: Place::Root, column: 0 });
    let Out { text, kept } = sink;
    if let Err(error) = written {
        text.truncate(start);
        return Err(error);
    }
    text.push('\n');
    if let Some(kept) = kept.filter(|_| text.ends_with("\n\n")) {
        text.truncate(kept.start);
        scalar::quote(text, &kept.value);
        text.push('\n');
    }
    Ok(())
}

/// The text so far.
struct Out<'a> {
    text: &'a mut String,
    /// The last literal block that ends in blank lines. If it ends the document too, it is written again, quoted:
    /// tools that tidy the end of a file would change its value.
    kept: Option<Kept>,
}

struct Kept {
    start: usize,
    value: String,
}

impl Out<'_> {
    fn line(&mut self, column: usize) {
        self.text.push('\n');
        scalar::indent(self.text, column);
    }
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing: the value is the document.
    Root,
    /// `key:`
    Value,
    /// `-`
    Item,
}

/// Where the next value goes; `column` is that of the key or dash before it.
struct Node<'a, 'o> {
    out: &'a mut Out<'o>,
    place: Place,
    column: usize,
}

impl<'a, 'o> Node<'a, 'o> {
    fn mapping(self) -> Mapping<'a, 'o> {
        let column = if self.place == Place::Root { 0 } else { self.column + 2 };
        Mapping(Block::new(self.out, self.place, column))
    }

    fn sequence(self) -> Sequence<'a, 'o> {
        let column = if self.place == Place::Item { self.column + 2 } else { self.column };
        Sequence(Block::new(self.out, self.place, column))
    }

    /// The only value of a mapping with one key.
    fn variant(self, name: &str) -> Self {
        let Mapping(mut block) = self.mapping();
        block.key(name);
        let Block { out, column, .. } = block;
        Node { out, place: Place::Value, column }
    }

    fn bare(self, text: &str) {
        block::space(self.out, self.place);
        self.out.text.push_str(text);
    }

    fn shown(self, value: impl std::fmt::Display) {
        block::space(self.out, self.place);
        scalar::show(self.out.text, value);
    }
}

impl<'a, 'o> Serializer for Node<'a, 'o> {
    type Ok = ();
    type Error = EmitError;
    type SerializeSeq = Sequence<'a, 'o>;
    type SerializeTuple = Sequence<'a, 'o>;
    type SerializeTupleStruct = Sequence<'a, 'o>;
    type SerializeTupleVariant = Sequence<'a, 'o>;
    type SerializeMap = Mapping<'a, 'o>;
    type SerializeStruct = Mapping<'a, 'o>;
    type SerializeStructVariant = Mapping<'a, 'o>;

    fn serialize_bool(self, v: bool) -> Result<(), EmitError> {
        self.bare(if v { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, v: i8) -> Result<(), EmitError> {
        self.serialize_i64(v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<(), EmitError> {
        self.serialize_i64(v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<(), EmitError> {
        self.serialize_i64(v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<(), EmitError> {
        self.shown(v);
        Ok(())
    }

    fn serialize_u8(self, v: u8) -> Result<(), EmitError> {
        self.serialize_u64(v.into())
    }

    fn serialize_u16(self, v: u16) -> Result<(), EmitError> {
        self.serialize_u64(v.into())
    }

    fn serialize_u32(self, v: u32) -> Result<(), EmitError> {
        self.serialize_u64(v.into())
    }

    fn serialize_u64(self, v: u64) -> Result<(), EmitError> {
        self.shown(v);
        Ok(())
    }

    fn serialize_f32(self, v: f32) -> Result<(), EmitError> {
        self.bare(&scalar::float(v)?);
        Ok(())
    }

    fn serialize_f64(self, v: f64) -> Result<(), EmitError> {
        self.bare(&scalar::float(v)?);
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<(), EmitError> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<(), EmitError> {
        block::space(self.out, self.place);
        let start = self.out.text.len();
        let indicator_allowed = self.place != Place::Root;
        scalar::value(self.out.text, v, self.column + 2, indicator_allowed);
        if v.ends_with("\n\n") {
            self.out.kept = Some(Kept { start, value: v.to_owned() });
        }
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), EmitError> {
        Err(EmitError::Bytes)
    }

    fn serialize_none(self) -> Result<(), EmitError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EmitError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EmitError> {
        self.bare("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EmitError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EmitError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), EmitError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EmitError> {
        value.serialize(self.variant(variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, EmitError> {
        Ok(self.sequence())
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, EmitError> {
        Ok(self.sequence())
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, EmitError> {
        Ok(self.sequence())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EmitError> {
        Ok(self.variant(variant).sequence())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, EmitError> {
        Ok(self.mapping())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, EmitError> {
        Ok(self.mapping())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EmitError> {
        Ok(self.variant(variant).mapping())
    }
}
