//! A registry that somebody has written down, in the form of regedit's exports (".reg files", version 5.00: Microsoft
//! support, "How to add, modify, or delete registry subkeys and values by using a .reg file"): the lab's, and that of
//! tests.

use super::registry::{Registry, Value, utf16};
use std::collections::BTreeMap;

/// A registry read from an export.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// The keys by their paths in small letters.
    keys: BTreeMap<String, Key>,
}

#[derive(Debug, Clone, Default)]
struct Key {
    path: String,
    /// The values by their names in small letters.
    values: BTreeMap<String, Value>,
}

impl Recorded {
    /// Reads an export; the error names the first line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (recorded, wrong) = Self::read(text);
        wrong.into_iter().next().map_or(Ok(recorded), Err)
    }

    /// Reads as much of an export as can be read; the rest is named line by line. A text of several lines is such a case.
    pub fn read(text: &str) -> (Self, Vec<String>) {
        let mut recorded = Recorded::default();
        let mut wrong = Vec::new();
        let mut key = None;
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let mut line = line.trim().to_owned();
            // Bytes go on in the next line.
            while line.ends_with('\\') && !line.ends_with("\"\\") {
                line.pop();
                line.push_str(lines.next().map_or("", |(_, next)| next.trim()));
            }
            if let Some(path) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                recorded.keys.entry(path.to_lowercase()).or_default().path = path.to_owned();
                key = Some(path.to_lowercase());
            } else if line.starts_with(['"', '@']) {
                let key = key.as_ref().and_then(|key| recorded.keys.get_mut(key));
                match (key, entry(&line)) {
                    (Some(key), Some((name, value))) => drop(key.values.insert(name.to_lowercase(), value)),
                    (None, _) => wrong.push(format!("line {} of the registry: a value without a key", number + 1)),
                    (_, None) => wrong.push(format!("line {} of the registry: not a value", number + 1)),
                }
            }
        }
        (recorded, wrong)
    }
}

/// A line such as `"SMTP Port"=dword:0000024b`.
fn entry(line: &str) -> Option<(String, Value)> {
    let (name, rest) = match line.strip_prefix('@') {
        Some(rest) => (String::new(), rest),
        None => quoted(line)?,
    };
    let written = rest.strip_prefix('=')?;
    if let Some(digits) = written.strip_prefix("dword:") {
        return Some((name, Value::Number(u32::from_str_radix(digits, 16).ok()?.into())));
    }
    if written.starts_with('"') {
        return Some((name, Value::Text(quoted(written)?.0)));
    }
    let (kind, digits) = written.strip_prefix("hex")?.split_once(':')?;
    let digits = digits.split(',').map(str::trim).filter(|digits| !digits.is_empty());
    let bytes: Vec<u8> = digits.map(|digits| u8::from_str_radix(digits, 16).ok()).collect::<Option<_>>()?;
    let value = match kind {
        "(1)" | "(2)" => Value::Text(utf16(&bytes)?),
        "(b)" => Value::Number(u64::from_le_bytes(bytes.try_into().ok()?)),
        _ => Value::Bytes(bytes),
    };
    Some((name, value))
}

/// A text in quotation marks, in which a backslash stands before a backslash or a quotation mark; and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut inner = String::new();
    let mut chars = text.strip_prefix('"')?.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((inner, &text[at + 2..])),
            '\\' => inner.push(chars.next()?.1),
            other => inner.push(other),
        }
    }
    None
}

impl Registry for Recorded {
    fn keys(&self, key: &str) -> Vec<String> {
        let above = format!("{}\\", key.to_lowercase());
        let mut names: Vec<String> = Vec::new();
        for (path, key) in self.keys.range(above.clone()..).take_while(|(path, _)| path.starts_with(&above)) {
            // Both have as many characters, since the export's names are ASCII where it matters.
            let name = key.path.get(above.len()..).unwrap_or(&path[above.len()..]);
            let name = name.split('\\').next().unwrap_or_default();
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name.to_owned());
            }
        }
        names.truncate(super::registry::MOST_KEYS);
        names
    }

    fn value(&self, key: &str, name: &str) -> Option<Value> {
        let value = self.keys.get(&key.to_lowercase())?.values.get(&name.to_lowercase())?;
        let length = match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Number(_) => 0,
        };
        (length <= super::registry::MOST_BYTES).then(|| value.clone())
    }

    fn values(&self, key: &str) -> Vec<Value> {
        self.keys.get(&key.to_lowercase()).map(|key| key.values.values().cloned().collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &str = r#"Windows Registry Editor Version 5.00

[HKEY_CURRENT_USER\Software\A]
@="default"
"Path"="C:\\Program Files\\x \"y\""
"Port"=dword:0000024b

[HKEY_CURRENT_USER\Software\A\One\Deep]
"Email"=hex:61,00,\
  62,00,00,00
"Expands"=hex(2):25,00,61,00,25,00,00,00
[HKEY_CURRENT_USER\Software\A\two]
[HKEY_CURRENT_USER\Software\AB]
"#;

    #[test]
    fn an_export_is_a_registry() {
        let registry = Recorded::parse(EXPORT).unwrap();
        let a = r"HKEY_CURRENT_USER\software\a";
        assert_eq!(registry.keys(a), ["One", "two"]);
        assert_eq!(registry.text(a, "path").as_deref(), Some(r#"C:\Program Files\x "y""#));
        assert_eq!((registry.text(a, ""), registry.number(a, "Port")), (Some("default".to_owned()), Some(587)));
        let deep = r"HKEY_CURRENT_USER\Software\A\One\Deep";
        assert_eq!(registry.value(deep, "Email"), Some(Value::Bytes(b"a\0b\0\0\0".to_vec())));
        assert_eq!(registry.text(deep, "Expands").as_deref(), Some("%a%"));
        assert_eq!(registry.values(deep).len(), 2);
        assert!(Recorded::parse("[K]\n\"x\"=dword:zz").unwrap_err().starts_with("line 2 "));
        assert!(Recorded::parse("\"x\"=\"y\"").is_err());
    }
}
