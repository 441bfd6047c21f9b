//! The seam to the Windows registry: the names of the keys below a key, and single values by their names, so that
//! nothing is read that nobody asked for. The real one is in `registry_windows`, a written one in `recorded`; what the
//! values mean, the callers know.

/// The hive of the user.
pub const USER: &str = "HKEY_CURRENT_USER";
/// The hive of the computer.
pub const MACHINE: &str = "HKEY_LOCAL_MACHINE";

/// No key has more keys below it that are of interest here.
pub const MOST_KEYS: usize = 256;
/// A computer with many programs has some thousand firewall rules, each of them a value.
pub const MOST_VALUES: usize = 10_000;
/// A longer value is no setting that a person made.
pub const MOST_BYTES: usize = 64 * 1024;

/// A value, by the types that settings have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `REG_SZ`, `REG_EXPAND_SZ`.
    Text(String),
    /// `REG_DWORD`, `REG_QWORD`.
    Number(u64),
    /// `REG_BINARY`.
    Bytes(Vec<u8>),
}

impl Value {
    /// The text: written as one, or as bytes in UTF-16LE with a NUL at the end.
    pub fn text(&self) -> Option<String> {
        match self {
            Value::Text(text) => Some(text.clone()),
            Value::Bytes(bytes) => utf16(bytes),
            Value::Number(_) => None,
        }
    }

    /// The number.
    pub fn number(&self) -> Option<u64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Text(_) | Value::Bytes(_) => None,
        }
    }
}

/// UTF-16LE up to the first NUL; `None` if it is none.
pub(super) fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).take_while(|unit| *unit != 0);
    String::from_utf16(&units.collect::<Vec<u16>>()).ok()
}

/// A registry, which is only read. Keys are written with the names of their hives and with backslashes; upper and lower
/// case are the same.
pub trait Registry: Send + Sync {
    /// The names of the keys directly below this one, at most [`MOST_KEYS`]; none if it does not exist or cannot be
    /// read.
    fn keys(&self, key: &str) -> Vec<String>;

    /// The value with this name; `None` also if it is of another type, or longer than [`MOST_BYTES`].
    fn value(&self, key: &str, name: &str) -> Option<Value>;

    /// All values of a key, at most [`MOST_VALUES`]. Only for keys that hold no secret.
    fn values(&self, key: &str) -> Vec<Value>;

    /// The text with this name.
    fn text(&self, key: &str, name: &str) -> Option<String> {
        self.value(key, name)?.text()
    }

    /// The number with this name.
    fn number(&self, key: &str, name: &str) -> Option<u64> {
        self.value(key, name)?.number()
    }
}

/// What every system but Windows has.
pub struct NoRegistry;

impl Registry for NoRegistry {
    fn keys(&self, _key: &str) -> Vec<String> {
        Vec::new()
    }

    fn value(&self, _key: &str, _name: &str) -> Option<Value> {
        None
    }

    fn values(&self, _key: &str) -> Vec<Value> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_as_bytes() {
        assert_eq!(Value::Bytes(b"a\0\xfc\0\0\0x\0".to_vec()).text().as_deref(), Some("aü"));
        assert_eq!(Value::Bytes(b"a\0b".to_vec()).text(), None);
        assert_eq!(Value::Bytes(b"\0\xd8a\0".to_vec()).text(), None);
        assert_eq!(Value::Bytes(vec![]).text().as_deref(), Some(""));
        assert_eq!((Value::Number(7).text(), Value::Number(7).number()), (None, Some(7)));
    }
}
