//! What rules may call: CEL's own functions, its extensions for texts and numbers, and those of Kubernetes that rules of well-known
//! definitions use (kubernetes.io/docs/reference/using-api/cel).

use std::cmp::Ordering;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelInt, CelList, CelString, DYN_TYPE, LIST_TYPE, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError, extensions};
use regex_lite::{Regex, RegexBuilder};

use super::{budget, time, url};

/// All that rules may call by a name.
const NAMES: [&str; 66] = [
    "abs",
    "bitAnd",
    "bitNot",
    "bitOr",
    "bitShiftLeft",
    "bitShiftRight",
    "bitXor",
    "bool",
    "bytes",
    "ceil",
    "charAt",
    "contains",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "find",
    "floor",
    "format",
    "getHost",
    "getHostname",
    "getPort",
    "getScheme",
    "hasValue",
    "indexOf",
    "int",
    "isCIDR",
    "isFinite",
    "isIP",
    "isInf",
    "isNaN",
    "isSorted",
    "isURL",
    "join",
    "lastIndexOf",
    "lowerAscii",
    "matches",
    "math.@max",
    "math.@min",
    "max",
    "min",
    "none",
    "of",
    "ofNonZeroValue",
    "or",
    "orValue",
    "quote",
    "replace",
    "reverse",
    "round",
    "sign",
    "size",
    "split",
    "sqrt",
    "startsWith",
    "string",
    "substring",
    "sum",
    "timestamp",
    "trim",
    "trunc",
    "type",
    "uint",
    "upperAscii",
    "url",
    "value",
];
/// How many bytes a pattern may take.
const PATTERN: usize = 1 << 20;

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// The environment that rules are read and evaluated in.
pub(super) fn env() -> &'static Arc<Env> {
    static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
        let mut env = Env::stdlib();
        extend(&mut env).expect("each function is declared once");
        Arc::new(env)
    });
    &ENV
}

fn extend(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_extension(extensions::strings)?;
    env.add_extension(extensions::math)?;
    env.add_extension(budget::extension)?;
    env.add_extension(time::extension)?;
    env.add_extension(url::extension)?;
    env.add_extension(texts)?;
    env.add_extension(lists)
}

/// Whether a rule may call a function of this name; an operator begins with no letter.
pub(super) fn is_known(name: &str) -> bool {
    !name.starts_with(|it: char| it.is_ascii_alphabetic()) || NAMES.contains(&name)
}

/// A pattern.
///
/// # Errors
/// Why it is none.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(PATTERN).build().map_err(|it| it.to_string())
}

/// What a function says of what it is not for.
pub(super) fn refused(function: &str) -> ExecutionError {
    ExecutionError::function_error(function, "not for this")
}

/// A text that a function is given.
pub(super) fn text<'a>(args: &'a [CowVal<'_, '_>], index: usize) -> &'a str {
    let given = args.get(index).and_then(|it| it.downcast_ref::<CelString>());
    given.map(CelString::inner).unwrap_or_default()
}

fn texts(env: &mut Env) -> Result<(), DeclarationError> {
    let matches: cel::common::functions::Function = |args| {
        let pattern = pattern(text(&args, 1)).map_err(|_| refused("matches"))?;
        Ok(CowVal::owned(CelBool::from(pattern.is_match(text(&args, 0)))))
    };
    env.add_overload("matches", "matches", vec![STRING_TYPE, STRING_TYPE], matches)?;
    env.add_member_overload("matches", "string_matches", STRING_TYPE, vec![STRING_TYPE], matches)?;
    env.add_member_overload("find", "string_find", STRING_TYPE, vec![STRING_TYPE], |args| {
        let pattern = pattern(text(&args, 1)).map_err(|_| refused("find"))?;
        let found = pattern.find(text(&args, 0)).map(|it| it.as_str().to_owned()).unwrap_or_default();
        Ok(CowVal::owned(CelString::from(found)))
    })?;
    env.add_overload("isIP", "is_ip", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(CelBool::from(address(text(&args, 0)).is_some())))
    })?;
    env.add_overload("isCIDR", "is_cidr", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(CelBool::from(is_block(text(&args, 0)))))
    })
}

/// An address as the API server takes one: one of the fourth version in the form of the sixth is none.
fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    let mapped = matches!(address, IpAddr::V6(it) if it.to_ipv4_mapped().is_some());
    (!mapped).then_some(address)
}

fn is_block(text: &str) -> bool {
    let Some((first, bits)) = text.split_once('/') else { return false };
    let most = match address(first) {
        Some(IpAddr::V4(_)) => 32,
        Some(IpAddr::V6(_)) => 128,
        None => return false,
    };
    let plain = bits.bytes().all(|it| it.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    plain && bits.parse::<u8>().is_ok_and(|it| it <= most)
}

fn lists(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_member_overload("min", "list_min", LIST_TYPE, vec![], |args| {
        extreme("min", Ordering::Less, &args)
    })?;
    env.add_member_overload("max", "list_max", LIST_TYPE, vec![], |args| {
        extreme("max", Ordering::Greater, &args)
    })?;
    env.add_member_overload("isSorted", "list_is_sorted", LIST_TYPE, vec![], |args| {
        let mut sorted = true;
        for pair in items(&args)?.windows(2) {
            sorted &= compare(pair[0].as_ref(), pair[1].as_ref())? != Ordering::Greater;
        }
        Ok(CowVal::owned(CelBool::from(sorted)))
    })?;
    env.add_member_overload("sum", "list_sum", LIST_TYPE, vec![], |args| {
        let Some((first, rest)) = items(&args)?.split_first() else {
            return Ok(CowVal::owned(CelInt::from(0)));
        };
        let mut sum = first.clone();
        for it in rest {
            let adder = sum.as_adder().ok_or_else(|| refused("sum"))?;
            let next = adder.add(it.as_ref())?.into_owned();
            sum = next;
        }
        Ok(CowVal::Owned(sum))
    })?;
    env.add_member_overload("indexOf", "list_index_of", LIST_TYPE, vec![DYN_TYPE], |args| {
        place(&args, false)
    })?;
    env.add_member_overload("lastIndexOf", "list_last_index_of", LIST_TYPE, vec![DYN_TYPE], |args| {
        place(&args, true)
    })
}

/// Where an item is in a list; -1 where it is not.
fn place<'b, 'v>(args: &[CowVal<'_, 'v>], last: bool) -> Answer<'b, 'v> {
    let wanted = args.get(1).ok_or(ExecutionError::MissingArgumentOrTarget)?;
    let mut found = items(args)?.iter().enumerate().filter(|(_, it)| it.equals(wanted.as_ref()));
    let found = if last { found.next_back() } else { found.next() };
    Ok(CowVal::owned(CelInt::from(found.and_then(|(index, _)| i64::try_from(index).ok()).unwrap_or(-1))))
}

fn items<'a, 'v>(args: &'a [CowVal<'_, 'v>]) -> Result<&'a [Box<dyn Val + 'v>], ExecutionError> {
    let list = args.first().and_then(|it| it.downcast_ref::<CelList>());
    list.map(CelList::inner).ok_or(ExecutionError::MissingArgumentOrTarget)
}

fn compare(a: &dyn Val, b: &dyn Val) -> Result<Ordering, ExecutionError> {
    a.as_comparer().ok_or_else(|| refused("isSorted"))?.compare(b)
}

fn extreme<'b, 'v>(name: &str, side: Ordering, args: &[CowVal<'_, 'v>]) -> Answer<'b, 'v> {
    let (first, rest) = items(args)?.split_first().ok_or_else(|| refused(name))?;
    let mut found = first;
    for it in rest {
        if compare(it.as_ref(), found.as_ref())? == side {
            found = it;
        }
    }
    Ok(CowVal::Owned(found.clone()))
}

#[cfg(test)]
mod tests {
    use cel::{Context, ExecutionError};

    use super::*;

    /// Each name is a function's of one of the forms of a call.
    #[test]
    fn every_name_is_declared() {
        for name in NAMES {
            // What macros make of other names.
            let call = match name {
                "math.@max" => "math.greatest(1, 2)".to_owned(),
                "math.@min" => "math.least(1, 2)".to_owned(),
                name => format!("{name}(1, 1, 1, 1, 1)"),
            };
            let forms =
                ["", "'a'.", "[1].", "math.", "optional.", "optional.of(1).", "strings.", "url('http://a')."];
            let declared = forms.iter().any(|before| {
                let expression = env().parser().parse(&format!("{before}{call}")).unwrap();
                let found = cel::Value::resolve(&expression, &Context::with_env(Arc::clone(env())));
                !matches!(found, Err(ExecutionError::UndeclaredReference(_)))
            });
            assert!(declared, "{name}");
        }
    }
}
