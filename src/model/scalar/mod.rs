//! Validated single values.

mod address;
mod cron;
mod duration;
mod image;
mod name;
mod number;
mod quantity;
mod text;
mod time_zone;

pub use address::HostAddress;
pub use cron::Cron;
pub use duration::Duration;
pub use image::{Image, Pin};
pub use name::{
    AbsolutePath, EnvName, FileKey, GitUrl, HostName, HttpsUrl, LabelKey, Name, RelativePath, RepoPath,
    ServerAddress,
};
pub use number::{CountOrPercent, Mode, PortNumber, UserId, Version};
pub use quantity::Quantity;
pub use text::Text;
pub use time_zone::TimeZone;

/// Declares the text-shaped newtypes: a parser gives the value or what is wrong with the text.
macro_rules! text_type {
    ($(#[doc = $doc:literal])* $name:ident, $code:expr, $expected:literal, $pattern:literal, $parse:expr) => {
        text_type!($(#[doc = $doc])* $name, $code, $expected, $pattern, $parse, pattern);
    };
    // `schema`: what of `model::schema` describes it.
    (
        $(#[doc = $doc:literal])*
        $name:ident, $code:expr, $expected:literal, $pattern:literal, $parse:expr, $schema:ident
    ) => {
        impl $crate::model::decode::Decode for $name {
            fn decode(
                at: $crate::model::decode::Place<'_>,
                cx: &$crate::model::decode::Cx<'_>,
            ) -> Option<Self> {
                let scalar = cx.text(at.node, $expected)?;
                match $parse(&scalar.text) {
                    Ok(value) => Some(value),
                    Err(why) => {
                        cx.push($crate::diag::Diagnostic::at_span($code, at.node.span, why));
                        None
                    }
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::model::schema::$schema(concat!($($doc),*), $pattern)
            }
        }
    };
}

use text_type;
