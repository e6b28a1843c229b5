//! Tags: those of the core schema, where the value agrees.

use granit_parser::Tag;

use crate::syntax::{Scalar, scalar};

/// What a tag makes of its scalar: whether it stays plain. None if the tag does not fit or is not supported.
pub(super) fn of_scalar(tag: &Tag, text: &str) -> Option<bool> {
    if is_non_specific(tag) {
        return Some(false);
    }
    // The tag types the value, so quotes do not count: `!!int "3"` is a number.
    let plain = Scalar { text: text.into(), plain: true };
    let fits = match tag.core_suffix()? {
        "str" => return Some(false),
        "bool" => scalar::as_bool(&plain).is_some(),
        "int" => scalar::is_int(text),
        "float" => scalar::as_f64(&plain).is_some(),
        "null" => scalar::is_null(&plain),
        _ => false,
    };
    fits.then_some(true)
}

/// Whether a tag fits a mapping or a list.
pub(super) fn fits_collection(tag: &Tag, suffix: &str) -> bool {
    is_non_specific(tag) || tag.core_suffix() == Some(suffix)
}

/// The tag `!`, which makes a scalar a string and says nothing of a collection.
fn is_non_specific(tag: &Tag) -> bool {
    tag.handle().is_empty() && tag.suffix() == "!"
}
