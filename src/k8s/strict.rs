//! Reading values into Kubernetes' own types as strictly as `kubectl apply --validate=strict`: what a type has no field for
//! is told, with the place of it, and not dropped.

use std::cell::RefCell;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

use super::schema::{Fault, FaultKind};

/// Reads a value.
///
/// # Errors
/// Every field that does not exist, and the first one of a wrong type.
pub fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Vec<Fault>> {
    let log = RefCell::new(Log::default());
    let read = T::deserialize(Strict { value, log: &log });
    let Log { mut faults, failed, .. } = log.into_inner();
    match read {
        Ok(read) if faults.is_empty() => Ok(read),
        Ok(_) => Err(faults),
        Err(error) => {
            if !failed {
                faults.push(Fault { path: Vec::new(), kind: FaultKind::Wrong(error.to_string()) });
            }
            Err(faults)
        }
    }
}

/// Where the reader is, and what it found.
#[derive(Debug, Default)]
struct Log {
    path: Vec<String>,
    faults: Vec<Fault>,
    /// Whether the error that ends the reading is noted.
    failed: bool,
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    value: &'a Value,
    log: &'a RefCell<Log>,
}

impl<'de> Strict<'de> {
    /// Reads what is one step down.
    fn below<T: DeserializeSeed<'de>>(
        self,
        step: String,
        value: &'de Value,
        seed: T,
    ) -> Result<T::Value, Error> {
        self.log.borrow_mut().path.push(step);
        let read = seed.deserialize(Strict { value, log: self.log });
        let mut log = self.log.borrow_mut();
        if let Err(error) = &read
            && !log.failed
        {
            log.failed = true;
            let fault = Fault { path: log.path.clone(), kind: FaultKind::Wrong(error.to_string()) };
            log.faults.push(fault);
        }
        log.path.pop();
        read
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Object(map) => visitor.visit_map(Entries { of: self, rest: map.iter(), next: None }),
            Value::Array(items) => visitor.visit_seq(Items { of: self, rest: items.iter().enumerate() }),
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    /// A quantity may be written as a number.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::Number(number) if name == "Quantity" => {
                let text: StringDeserializer<Error> = number.to_string().into_deserializer();
                visitor.visit_newtype_struct(text)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if let Value::Object(map) = self.value {
            let mut log = self.log.borrow_mut();
            let known: Vec<String> = fields.iter().map(|it| (*it).to_owned()).collect();
            for key in map.keys().filter(|it| !fields.contains(&it.as_str())) {
                let path = log.path.iter().chain([key]).cloned().collect();
                log.faults
                    .push(Fault { path, kind: FaultKind::Unknown { known: known.clone(), when: None } });
            }
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.value.deserialize_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.value.deserialize_byte_buf(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string unit unit_struct seq tuple tuple_struct map
        identifier ignored_any
    }
}

struct Entries<'de> {
    of: Strict<'de>,
    rest: serde_json::map::Iter<'de>,
    next: Option<(&'de String, &'de Value)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.next = self.rest.next();
        self.next.map(|(key, _)| seed.deserialize(key.as_str().into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((key, value)) = self.next.take() else {
            return Err(Error::custom("a value is asked for before its key"));
        };
        self.of.below(key.clone(), value, seed)
    }
}

struct Items<'de> {
    of: Strict<'de>,
    rest: std::iter::Enumerate<std::slice::Iter<'de, Value>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some((index, item)) = self.rest.next() else { return Ok(None) };
        self.of.below(index.to_string(), item, seed).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::ResourceRequirements;
    use serde_json::json;

    use super::*;

    fn deployment(spec: &Value) -> Result<Deployment, Vec<Fault>> {
        let mut whole = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" },
            "spec": { "selector": {}, "template": { "spec": { "containers": [{ "name": "a" }] } } },
        });
        for (key, value) in spec.as_object().unwrap() {
            whole["spec"][key] = value.clone();
        }
        read(&whole)
    }

    #[test]
    fn what_has_its_fields_is_read() {
        let read = deployment(&json!({ "replicas": 2, "strategy": null })).unwrap();
        assert_eq!((read.spec.replicas, read.spec.strategy), (Some(2), None));
    }

    #[test]
    fn every_field_that_is_none_is_told_with_its_place_and_its_neighbours() {
        let faults = deployment(&json!({
            "replica": 2,
            "template": { "spec": { "containers": [{ "name": "a", "imagePolicy": "Always" }] } },
        }))
        .unwrap_err();
        let paths: Vec<String> = faults.iter().map(|it| it.path.join("/")).collect();
        assert_eq!(paths, ["spec/replica", "spec/template/spec/containers/0/imagePolicy"]);
        let FaultKind::Unknown { known, .. } = &faults[1].kind else { panic!("{faults:?}") };
        assert!(known.iter().any(|it| it == "imagePullPolicy"));
    }

    #[test]
    fn a_wrong_type_is_told_at_the_innermost_place() {
        let faults = deployment(&json!({ "replicas": "two" })).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].path, ["spec", "replicas"]);
        assert!(matches!(&faults[0].kind, FaultKind::Wrong(why) if why.contains("two")), "{faults:?}");
    }

    #[test]
    fn quantities_may_be_numbers() {
        let read: ResourceRequirements = read(&json!({ "limits": { "cpu": 2, "memory": "1Gi" } })).unwrap();
        let limits = read.limits.unwrap();
        assert_eq!((limits["cpu"].0.as_str(), limits["memory"].0.as_str()), ("2", "1Gi"));
    }
}
