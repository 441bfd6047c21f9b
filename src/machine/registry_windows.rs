//! Windows only: the real registry, as an ordinary user may read it.

use super::registry::{MACHINE, MOST_BYTES, MOST_KEYS, MOST_VALUES, Registry, USER, Value, utf16};
use windows_registry::{CURRENT_USER, Key, LOCAL_MACHINE, Type};

/// This computer's registry.
pub(super) struct SystemRegistry;

impl Registry for SystemRegistry {
    fn keys(&self, key: &str) -> Vec<String> {
        let Some(key) = open(key) else { return Vec::new() };
        key.keys().map(|keys| keys.take(MOST_KEYS).collect()).unwrap_or_default()
    }

    fn value(&self, key: &str, name: &str) -> Option<Value> {
        read(open(key)?.get_value(name).ok()?)
    }

    fn values(&self, key: &str) -> Vec<Value> {
        let Some(key) = open(key) else { return Vec::new() };
        let values = key.values().map(|values| values.take(MOST_VALUES).collect::<Vec<_>>()).unwrap_or_default();
        values.into_iter().filter_map(|(_, value)| read(value)).collect()
    }
}

fn open(key: &str) -> Option<Key> {
    let (hive, below) = key.split_once('\\')?;
    let hive = match hive {
        USER => CURRENT_USER,
        MACHINE => LOCAL_MACHINE,
        _ => return None,
    };
    hive.open(below).ok()
}

fn read(value: windows_registry::Value) -> Option<Value> {
    if value.len() > MOST_BYTES {
        return None;
    }
    match value.ty() {
        Type::String | Type::ExpandString => utf16(&value).map(Value::Text),
        Type::U32 | Type::U64 => u64::try_from(value).ok().map(Value::Number),
        Type::Bytes => Some(Value::Bytes(value.to_vec())),
        _ => None,
    }
}
