//! Bytes to text, for whoever reads the file.

use crate::diag::{At, Diagnostic};
use crate::syntax::codes;

/// Bytes that are not UTF-8 text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotText {
    /// The offset of the first byte that does not belong to text.
    pub offset: usize,
    /// Whether the file begins like UTF-16 text.
    pub utf16: bool,
}

/// The text of a file.
///
/// # Errors
/// If the bytes are not UTF-8, or hold a NUL, which only binary files do.
pub fn text(bytes: Vec<u8>) -> Result<String, NotText> {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let text = String::from_utf8(bytes)
        .map_err(|error| NotText { offset: error.utf8_error().valid_up_to(), utf16 })?;
    match text.find('\0') {
        Some(offset) => Err(NotText { offset, utf16: false }),
        None => Ok(text),
    }
}

impl NotText {
    /// The finding for the file of this path. It has no place, as there is no text to show.
    #[must_use]
    pub fn report(&self, path: &str) -> Diagnostic {
        let message = format!("`{path}` is not UTF-8 text");
        let diagnostic = Diagnostic::new(&codes::NOT_TEXT, At::Nowhere, message);
        if self.utf16 {
            diagnostic.note("It begins like UTF-16.").help("Save the file as UTF-8.")
        } else {
            diagnostic.note(format!("Byte {} does not belong to text.", self.offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_wrong_byte() {
        assert_eq!(text("a: 漢".into()), Ok("a: 漢".into()));
        assert_eq!(text(b"ab\xffc\xff".to_vec()), Err(NotText { offset: 2, utf16: false }));
        assert_eq!(text(b"ab\0c".to_vec()), Err(NotText { offset: 2, utf16: false }));
        // A character that is cut off.
        assert_eq!(text(b"\xe6\xbc".to_vec()), Err(NotText { offset: 0, utf16: false }));
        let windows = text(b"\xff\xfea\0".to_vec()).unwrap_err();
        assert_eq!(windows, NotText { offset: 0, utf16: true });
        assert_eq!(windows.report("stack.yaml").message, "`stack.yaml` is not UTF-8 text");
    }
}
