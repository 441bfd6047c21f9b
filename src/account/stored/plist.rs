//! Property lists, as Apple's programs write them: as XML (PropertyList-1.0.dtd) or binary (the comment at the head of
//! CoreFoundation's `CFBinaryPList.c`). Of their values only those are kept that settings consist of; keys that hold a
//! password are left out at once. What is in a list, its readers know.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Plist {
    Text(String),
    Number(i64),
    Is(bool),
    List(Vec<Plist>),
    Dict(BTreeMap<String, Plist>),
    /// A date, a fraction, bytes.
    Other,
}

/// No settings are nested deeper, or consist of more values, than this. Binary values may be used many times.
const MOST_DEPTH: usize = 32;
const MOST_VALUES: usize = 50_000;

impl Plist {
    /// Reads a whole property list; `None` if it is none, or is damaged.
    pub(super) fn parse(bytes: &[u8]) -> Option<Plist> {
        let mut left = MOST_VALUES;
        if bytes.starts_with(b"bplist00") {
            let binary = Binary::open(bytes)?;
            return binary.value(binary.top, MOST_DEPTH, &mut left);
        }
        let text = crate::text::decoded(bytes);
        let mut reader = Reader::from_str(&text);
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if start.name().as_ref() == b"plist" => {}
                Event::Start(start) => return element(&mut reader, start.name().as_ref(), MOST_DEPTH, &mut left),
                Event::Empty(empty) => return Some(scalar(empty.name().as_ref(), "")),
                Event::Eof => return None,
                _ => {}
            }
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Plist> {
        match self {
            Plist::Dict(values) => values.get(key),
            _ => None,
        }
    }

    /// The items of the list that is the value of a key.
    pub(super) fn list(&self, key: &str) -> &[Plist] {
        match self.get(key) {
            Some(Plist::List(items)) => items,
            _ => &[],
        }
    }

    /// The text of a key, unless it is empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Plist::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The number of a key, which may be written as text; the error is a message for people.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, String> {
        let not_a_number = || format!("{key} is not a number");
        match self.get(key) {
            None => Ok(None),
            Some(Plist::Number(number)) => Ok(Some(*number)),
            Some(Plist::Text(text)) if text.trim().is_empty() => Ok(None),
            Some(Plist::Text(text)) => text.trim().parse().map(Some).map_err(|_| not_a_number()),
            Some(_) => Err(not_a_number()),
        }
    }

    /// Whether a key says yes, in any of the ways that Apple's programs have written it; `None` if it says nothing.
    pub(super) fn is(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Plist::Is(is) => Some(*is),
            Plist::Number(number) => Some(*number != 0),
            Plist::Text(text) => Some(["yes", "true", "1"].iter().any(|yes| text.trim().eq_ignore_ascii_case(yes))),
            _ => None,
        }
    }
}

fn is_secret(key: &str) -> bool {
    key.to_ascii_lowercase().contains("password")
}

/// An element of XML that has begun, to its end.
fn element(reader: &mut Reader<&[u8]>, name: &[u8], depth: usize, left: &mut usize) -> Option<Plist> {
    *left = left.checked_sub(1)?;
    let depth = depth.checked_sub(1)?;
    if !matches!(name, b"dict" | b"array") {
        return Some(scalar(name, &text(reader)?));
    }
    let (mut items, mut values, mut key) = (Vec::new(), BTreeMap::new(), None);
    loop {
        let value = match reader.read_event().ok()? {
            Event::Start(start) if start.name().as_ref() == b"key" => {
                key = Some(text(reader)?);
                continue;
            }
            Event::Start(start) if key.as_deref().is_some_and(is_secret) => {
                reader.read_to_end(start.name()).ok()?;
                Plist::Other
            }
            Event::Start(start) => element(reader, start.name().as_ref(), depth, left)?,
            Event::Empty(empty) => scalar(empty.name().as_ref(), ""),
            Event::End(_) if name == b"dict" => return Some(Plist::Dict(values)),
            Event::End(_) => return Some(Plist::List(items)),
            Event::Eof => return None,
            _ => continue,
        };
        match key.take() {
            Some(key) if name == b"dict" => drop(values.insert(key, value)),
            _ => items.push(value),
        }
    }
}

fn scalar(name: &[u8], text: &str) -> Plist {
    match name {
        b"string" => Plist::Text(text.to_owned()),
        b"integer" => text.trim().parse().map_or(Plist::Other, Plist::Number),
        b"true" => Plist::Is(true),
        b"false" => Plist::Is(false),
        b"array" => Plist::List(Vec::new()),
        b"dict" => Plist::Dict(BTreeMap::new()),
        _ => Plist::Other,
    }
}

/// The text up to the end of an element.
fn text(reader: &mut Reader<&[u8]>) -> Option<String> {
    let mut out = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Text(text) => out.push_str(&text.decode().ok()?),
            Event::CData(text) => out.push_str(&text.decode().ok()?),
            Event::GeneralRef(name) => match name.resolve_char_ref().ok()? {
                Some(c) => out.push(c),
                None => out.push_str(resolve_predefined_entity(&name.decode().ok()?)?),
            },
            Event::End(_) => return Some(out),
            Event::Start(_) | Event::Empty(_) | Event::Eof => return None,
            _ => {}
        }
    }
}

/// A binary property list: values that name each other by their numbers, and a table of where each begins.
struct Binary<'a> {
    bytes: &'a [u8],
    /// Where the value of each number begins, `wide` bytes each.
    table: &'a [u8],
    wide: usize,
    /// How many bytes a number has within a list.
    reference: usize,
    top: usize,
}

impl<'a> Binary<'a> {
    /// Reads the last 32 bytes.
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let trailer = bytes.get(bytes.len().checked_sub(32)?..)?;
        let number = |at: usize| usize::try_from(unsigned(trailer.get(at..at + 8)?)).ok();
        let (wide, reference) = (usize::from(trailer[6]), usize::from(trailer[7]));
        if !(1..=8).contains(&wide) || !(1..=8).contains(&reference) {
            return None;
        }
        let (count, top, table) = (number(8)?, number(16)?, number(24)?);
        let table = bytes.get(table..table.checked_add(count.checked_mul(wide)?)?)?;
        Some(Binary { bytes, table, wide, reference, top })
    }

    /// The value of a number.
    fn value(&self, number: usize, depth: usize, left: &mut usize) -> Option<Plist> {
        *left = left.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        let begins = number.checked_mul(self.wide)?;
        let at = usize::try_from(unsigned(self.table.get(begins..)?.get(..self.wide)?)).ok()?;
        let marker = *self.bytes.get(at)?;
        Some(match marker >> 4 {
            0x0 if marker == 0x08 || marker == 0x09 => Plist::Is(marker == 0x09),
            // Eight bytes and more are signed; of sixteen the last eight count.
            0x1 => Plist::Number(unsigned(self.bytes.get(at + 1..)?.get(..1 << (marker & 0xf).min(5))?) as i64),
            0x5 => Plist::Text(String::from_utf8_lossy(self.body(at, 1)?).into_owned()),
            0x6 => {
                let units = self.body(at, 2)?.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
                Plist::Text(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
            }
            0xa => {
                let items = self.body(at, self.reference)?.chunks_exact(self.reference);
                Plist::List(items.map(|item| self.value(unsigned(item) as usize, depth, left)).collect::<Option<_>>()?)
            }
            0xd => {
                let both = self.body(at, 2 * self.reference)?;
                let (keys, values) = both.split_at(both.len() / 2);
                let mut dict = BTreeMap::new();
                for (key, value) in keys.chunks_exact(self.reference).zip(values.chunks_exact(self.reference)) {
                    let Plist::Text(key) = self.value(unsigned(key) as usize, depth, left)? else { return None };
                    if !is_secret(&key) {
                        dict.insert(key, self.value(unsigned(value) as usize, depth, left)?);
                    }
                }
                Plist::Dict(dict)
            }
            _ => Plist::Other,
        })
    }

    /// What follows a marker: as many pieces of this size as its lower half says, or the number behind it.
    fn body(&self, at: usize, size: usize) -> Option<&'a [u8]> {
        let (mut begins, mut count) = (at + 1, usize::from(self.bytes.get(at)? & 0xf));
        if count == 0xf {
            let length = 1_usize << (self.bytes.get(begins)? & 0xf).min(3);
            count = usize::try_from(unsigned(self.bytes.get(begins + 1..begins + 1 + length)?)).ok()?;
            begins += 1 + length;
        }
        self.bytes.get(begins..begins.checked_add(count.checked_mul(size)?)?)
    }
}

/// Bytes as a number, the highest first.
fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const XML: &[u8] = include_bytes!("../../../tests/stored/apple/types.plist");
    const BINARY: &[u8] = include_bytes!("../../../tests/stored/apple/types.binary.plist");

    #[test]
    fn both_forms_say_the_same() {
        for bytes in [XML, BINARY] {
            let plist = Plist::parse(bytes).unwrap();
            assert_eq!(plist.text("text"), Some("Anna & Bert <x@example.com>"));
            assert_eq!(plist.text("umlaut"), Some("Schöne Grüße 📮"));
            assert_eq!((plist.text("empty"), plist.text("missing")), (None, None));
            assert_eq!((plist.number("port"), plist.number("as text")), (Ok(Some(587)), Ok(Some(465))));
            assert_eq!((plist.number("negative"), plist.number("missing")), (Ok(Some(-1)), Ok(None)));
            assert_eq!(plist.number("text").unwrap_err(), "text is not a number");
            assert_eq!(
                ["yes", "no", "YES", "missing"].map(|key| plist.is(key)),
                [Some(true), Some(false), Some(true), None]
            );
            assert_eq!(plist.list("many").len(), 20);
            assert_eq!((plist.list("none"), plist.list("text")), (&[][..], &[][..]));
            assert_eq!(plist.get("date"), Some(&Plist::Other));
            assert_eq!(plist.get("inner").and_then(|inner| inner.text("a")), Some("b"));
            assert!(!format!("{plist:?}").contains("secret"), "{plist:?}");
        }
    }

    #[test]
    fn what_is_cut_off_or_turns_in_circles_is_refused() {
        for end in 0..BINARY.len() {
            assert_eq!(Plist::parse(&BINARY[..end]), None, "{end}");
        }
        let text = std::str::from_utf8(XML).unwrap();
        assert_eq!(Plist::parse(&XML[..text.find("<key>yes").unwrap()]), None);
        // A list of itself, and one that doubles itself at each step.
        let circle = |lists: &[&[u8]]| {
            let mut bytes = b"bplist00".to_vec();
            let mut table = Vec::new();
            for list in lists {
                table.push(bytes.len() as u8);
                bytes.extend_from_slice(list);
            }
            let at = bytes.len() as u8;
            bytes.extend(&table);
            bytes.extend([0, 0, 0, 0, 0, 0, 1, 1]);
            for number in [lists.len() as u8, 0, at] {
                bytes.extend([0, 0, 0, 0, 0, 0, 0, number]);
            }
            Plist::parse(&bytes)
        };
        assert_eq!(circle(&[&[0xa1, 0]]), None);
        let doubled: Vec<Vec<u8>> = (1..30).map(|next| vec![0xa2, next, next]).chain([vec![0x09]]).collect();
        assert_eq!(circle(&doubled.iter().map(Vec::as_slice).collect::<Vec<_>>()), None);
        assert_eq!(circle(&[&[0x09]]), Some(Plist::Is(true)));
        let deep = "<plist>".to_owned() + &"<array>".repeat(100_000);
        assert_eq!(Plist::parse(deep.as_bytes()), None);
        for other in [
            "",
            "x",
            "<plist>",
            "<plist><dict><key>a",
            "<plist><dict><key>a</key><string>&nbsp;</string></dict></plist>",
        ] {
            assert_eq!(Plist::parse(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        /// Whatever is changed in it, it is read or refused.
        #[test]
        fn any_bytes_end(at in 0..BINARY.len(), byte: u8, cut in 0..XML.len()) {
            let mut bytes = BINARY.to_vec();
            bytes[at] = byte;
            let _ = Plist::parse(&bytes);
            let mut xml = XML.to_vec();
            xml[cut] = byte;
            let _ = Plist::parse(&xml);
        }
    }
}
