//! One declaration gives a type, its decoder and its JSON Schema, so that the three cannot disagree.

/// Structs of the language: `"key" field: Type = default,` with docs that reach the schema.
macro_rules! model {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])* $key:literal $field:ident : $type:ty $(= $default:expr)? , )*
        }
    )*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        #[allow(unreachable_pub, reason = "some are only the fields of another type of their module")]
        pub struct $name { $( $(#[doc = $field_doc])* pub $field: $type, )* }

        impl $name {
            /// The keys of the mapping.
            #[allow(unreachable_pub, reason = "some are only the fields of another type of their module")]
            pub const KEYS: &'static [&'static str] = &[$($key),*];

            /// The fields of a mapping that may have further ones, which the caller answers for.
            #[allow(unused_variables, reason = "a struct may have no fields")]
            pub(crate) fn decode_fields(
                fields: &$crate::model::decode::Fields<'_>,
                cx: &$crate::model::decode::Cx<'_>,
            ) -> Option<Self> {
                $( let $field = fields.get::<$type>($key, cx, || model!(@default $($default)?)); )*
                Some(Self { $( $field: $field?, )* })
            }

            /// The schema of each field: key, schema, whether it must be written.
            #[allow(unused_variables, reason = "a struct may have no fields")]
            pub(crate) fn field_schemas(
                generator: &mut schemars::SchemaGenerator,
            ) -> Vec<(&'static str, schemars::Schema, bool)> {
                vec![ $( (
                    $key,
                    $crate::model::schema::with_default(
                        $crate::model::schema::described(generator.subschema_for::<$type>(), concat!($($field_doc),*)),
                        model!(@written $($default)?),
                    ),
                    model!(@required $type $(, $default)?),
                ), )* ]
            }
        }

        impl $crate::model::decode::Decode for $name {
            fn decode(
                at: $crate::model::decode::Place<'_>,
                cx: &$crate::model::decode::Cx<'_>,
            ) -> Option<Self> {
                let fields = $crate::model::decode::Fields::open(at, Self::KEYS, cx)?;
                Self::decode_fields(&fields, cx)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let fields = Self::field_schemas(generator);
                $crate::model::schema::object(concat!($($doc),*), fields)
            }
        }
    )* };
    (@default) => { None };
    (@written) => { None };
    (@written $default:expr) => { Some(stringify!($default)) };
    (@default $default:expr) => { Some($default) };
    (@required $type:ty) => { <$type as $crate::model::decode::Decode>::absent().is_none() };
    (@required $type:ty, $default:expr) => { false };
}

/// Words that a value may be: `"word" Variant,`.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])*
        pub enum $name:ident { $( $(#[doc = $variant_doc:literal])* $word:literal $variant:ident , )* }
    )*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $( $(#[doc = $variant_doc])* $variant, )* }

        impl $name {
            /// All words, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word as written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }
        }

        impl $crate::model::decode::Decode for $name {
            fn decode(
                at: $crate::model::decode::Place<'_>,
                cx: &$crate::model::decode::Cx<'_>,
            ) -> Option<Self> {
                let text = cx.word(at.node, Self::WORDS)?;
                match &*text.text {
                    $( $word => Some(Self::$variant), )*
                    other => {
                        cx.push($crate::model::codes::unknown_word(other, at.node.span, Self::WORDS));
                        None
                    }
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::model::schema::words(concat!($($doc),*), Self::WORDS)
            }
        }
    )* };
}

/// Mappings that choose one of several keys: `"key" Variant(Type),`.
macro_rules! choice {
    ($(
        $(#[doc = $doc:literal])*
        pub enum $name:ident { $( $(#[doc = $variant_doc:literal])* $key:literal $variant:ident ( $type:ty ) , )* }
    )*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        #[allow(unreachable_pub, reason = "some are only the fields of another type of their module")]
        pub enum $name { $( $(#[doc = $variant_doc])* $variant($type), )* }

        impl $name {
            /// The keys to choose from.
            #[allow(unreachable_pub, reason = "some are only the fields of another type of their module")]
            pub const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::model::decode::Decode for $name {
            fn decode(
                at: $crate::model::decode::Place<'_>,
                cx: &$crate::model::decode::Cx<'_>,
            ) -> Option<Self> {
                let (fields, chosen) =
                    $crate::model::decode::Fields::open_choice(at, Self::KEYS, Self::KEYS, cx)?;
                match chosen? {
                    $( $key => fields.get::<$type>($key, cx, || None).map(Self::$variant), )*
                    _ => None,
                }
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let alternatives = vec![ $(
                    ($key, $crate::model::schema::described(generator.subschema_for::<$type>(), concat!($($variant_doc),*)))
                ),* ];
                $crate::model::schema::choice(concat!($($doc),*), alternatives)
            }
        }
    )* };
}

/// A mapping whose fields are those of several structs.
macro_rules! parts {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $name:ident { $( $(#[doc = $part_doc:literal])* $part:ident : $type:ty , )* }
    )*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name { $( $(#[doc = $part_doc])* pub $part: $type, )* }

        impl $name {
            /// The keys of the mapping.
            #[must_use]
            pub fn keys() -> &'static [&'static str] {
                static KEYS: std::sync::LazyLock<Vec<&'static str>> =
                    std::sync::LazyLock::new(|| [$(<$type>::KEYS),*].concat());
                &KEYS
            }
        }

        impl $crate::model::decode::Decode for $name {
            fn decode(
                at: $crate::model::decode::Place<'_>,
                cx: &$crate::model::decode::Cx<'_>,
            ) -> Option<Self> {
                let fields = $crate::model::decode::Fields::open(at, Self::keys(), cx)?;
                $( let $part = <$type>::decode_fields(&fields, cx); )*
                Some(Self { $( $part: $part?, )* })
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut fields = Vec::new();
                $( fields.extend(<$type>::field_schemas(generator)); )*
                $crate::model::schema::object(concat!($($doc),*), fields)
            }
        }
    )* };
}

pub(crate) use {choice, model, parts, words};
