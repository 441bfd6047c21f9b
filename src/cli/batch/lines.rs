//! The lines of a batch, one account each: CSV with a head line, or JSON lines. Read one by one within bounds, so that a file
//! of any length takes no more memory than its longest line; a broken line is told and nothing else is lost.

use super::columns::{self, Column};
use crate::machine::files::without_mark;
use crate::text::reason;
use serde_json::Value;
use std::io::{self, BufRead, BufReader, Read};

/// A longer line is no account.
const MOST_BYTES: usize = 64 * 1024;

/// A line with what it says.
pub(super) struct Line {
    /// Its number in the file, from 1 on.
    pub number: u64,
    /// Its cells; the error says what is wrong with it.
    pub cells: Result<Vec<Cell>, String>,
}

/// A value, and in which column.
pub(super) struct Cell {
    pub column: &'static Column,
    /// Where the column is in its line, for people: `column 3 (port)`.
    pub place: String,
    pub value: String,
}

/// Reads lines from a file or a pipe.
pub(super) struct Lines {
    source: Box<dyn BufRead + Send>,
    number: u64,
    form: Form,
}

/// How the lines are written.
enum Form {
    Csv(char, Vec<&'static Column>),
    Json,
}

impl Lines {
    /// Reads the head line, if there is one. `None` if there is nothing at all; the error is a message for people.
    pub fn open(source: impl Read + Send + 'static) -> Result<Option<(Self, Option<Line>)>, String> {
        let mut lines = Lines { source: Box::new(BufReader::new(source)), number: 0, form: Form::Json };
        let first = loop {
            match lines.bytes().map_err(|error| format!("it cannot be read: {}", reason(&error)))? {
                None => return Ok(None),
                Some(Ok(bytes)) if bytes.trim_ascii().is_empty() => {}
                Some(first) => break first?,
            }
        };
        if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
            return Err("it is in UTF-16: save it as UTF-8".to_owned());
        }
        let text = std::str::from_utf8(without_mark(&first)).map_err(|_| "line 1 is not UTF-8".to_owned())?;
        if text.trim_start().starts_with('{') {
            let first = Line { number: lines.number, cells: object(text) };
            return Ok(Some((lines, Some(first))));
        }
        // Spreadsheets of many countries write a semicolon.
        let count = |mark: char| text.matches(mark).count();
        let mark = [';', '\t'].into_iter().find(|mark| count(*mark) > count(',')).unwrap_or(',');
        let place = |column: usize, why: &str| format!("line {}, column {}: {why}", lines.number, column + 1);
        let names = fields(text, mark).map_err(|(column, why)| place(column, why))?;
        let mut known: Vec<&'static Column> = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let column = columns::named(name).map_err(|why| place(index, &why))?;
            if known.iter().any(|other| other.names == column.names) {
                return Err(place(index, &format!("there are two columns {}", column.names[0])));
            }
            known.push(column);
        }
        lines.form = Form::Csv(mark, known);
        Ok(Some((lines, None)))
    }

    /// The bytes of the next line without its end; `None` at the end of all, an error in it if it is too long.
    fn bytes(&mut self) -> io::Result<Option<Result<Vec<u8>, String>>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MOST_BYTES + 1).unwrap_or(u64::MAX);
        if (&mut self.source).take(limit).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes.len() > MOST_BYTES && bytes.last() != Some(&b'\n') {
            // The rest of it is passed over.
            self.source.skip_until(b'\n')?;
            return Ok(Some(Err(format!("it is longer than {} KiB", MOST_BYTES / 1024))));
        }
        let end = bytes.strip_suffix(b"\n").map_or(bytes.len(), <[u8]>::len);
        bytes.truncate(end);
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        Ok(Some(Ok(bytes)))
    }

    /// The next line that is not empty; an error if nothing more can be read.
    pub fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let Some(bytes) = self.bytes()? else { return Ok(None) };
            if bytes.as_ref().is_ok_and(|bytes| bytes.trim_ascii().is_empty()) {
                continue;
            }
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
            let cells = text.and_then(|text| match &self.form {
                Form::Json => object(&text),
                Form::Csv(mark, columns) => row(&text, *mark, columns),
            });
            return Ok(Some(Line { number: self.number, cells }));
        }
    }
}

/// A row of CSV; empty cells say nothing.
fn row(text: &str, mark: char, columns: &[&'static Column]) -> Result<Vec<Cell>, String> {
    let place = |index: usize| match columns.get(index) {
        Some(column) => format!("column {} ({})", index + 1, column.names[0]),
        None => format!("column {}", index + 1),
    };
    let values = fields(text, mark).map_err(|(column, why)| format!("{}: {why}", place(column)))?;
    if values.len() > columns.len() {
        return Err(format!("it has {} columns, the head line {}", values.len(), columns.len()));
    }
    let cells = columns.iter().zip(values).enumerate();
    let cells =
        cells.map(|(index, (column, value))| Cell { column, place: place(index), value: value.trim().to_owned() });
    Ok(cells.filter(|cell| !cell.value.is_empty()).collect())
}

/// An object of JSON; a field that is null or empty says nothing.
fn object(text: &str) -> Result<Vec<Cell>, String> {
    let object = match serde_json::from_slice(text.as_bytes()) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return Err("it is not an object: {\"address\": \"anna@example.com\"}".to_owned()),
        Err(error) => return Err(format!("column {}: it is not JSON", error.column())),
    };
    let mut cells: Vec<Cell> = Vec::new();
    for (name, value) in object {
        let column = columns::named(&name)?;
        let value = match value {
            Value::Null => continue,
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return Err(format!("{name}: it is neither text nor a number")),
        };
        if !value.is_empty() {
            cells.push(Cell { column, place: column.names[0].to_owned(), value });
        }
    }
    Ok(cells)
}

/// The fields of a line of CSV (RFC 4180, but no line end within a field); the error is the index of the broken one.
fn fields(line: &str, mark: char) -> Result<Vec<String>, (usize, &'static str)> {
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted).ok_or((fields.len(), "the quotation mark is not closed"))?,
            None => {
                let end = rest.find(mark).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        rest = match after.strip_prefix(mark) {
            Some(rest) => rest,
            None if after.is_empty() => return Ok(fields),
            None => return Err((fields.len() - 1, "there is something after the closing quotation mark")),
        };
    }
}

/// What is before the closing quotation mark, in which two stand for one, and what is after it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let (part, after) = rest.split_once('"')?;
        field.push_str(part);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line as text: its number, and its cells or what is wrong.
    fn read(text: &'static [u8]) -> Vec<String> {
        let (mut lines, first) = Lines::open(text).unwrap().unwrap();
        let mut all: Vec<Line> = first.into_iter().collect();
        while let Some(line) = lines.next().unwrap() {
            all.push(line);
        }
        let cells = |cells: Vec<Cell>| {
            cells.iter().map(|cell| format!("{}={}", cell.place, cell.value)).collect::<Vec<_>>().join("|")
        };
        all.into_iter().map(|line| format!("{} {}", line.number, line.cells.map_or_else(|why| why, cells))).collect()
    }

    fn refused(text: &'static [u8]) -> String {
        Lines::open(text).map(|_| ()).unwrap_err()
    }

    proptest::proptest! {
        #[test]
        fn every_file_comes_to_an_end(
            head in "(address|email|;|,|\"|\\{|.){0,8}",
            lines in proptest::collection::vec("(a@example.com|\"|;|,|\\{|\\}|:|.){0,9}", 0..6),
            end: Vec<u8>,
        ) {
            let text = [head.as_bytes(), b"\n", lines.join("\n").as_bytes(), &end].concat();
            let most = text.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
            if let Ok(Some((mut read, first))) = Lines::open(std::io::Cursor::new(text)) {
                let mut number = first.map_or(0, |line| line.number);
                while let Some(line) = read.next().unwrap() {
                    proptest::prop_assert!(line.number > number && line.number <= most);
                    number = line.number;
                    let cells = line.cells.unwrap_or_default();
                    proptest::prop_assert!(cells.iter().all(|cell| !cell.value.is_empty()));
                }
            }
        }
    }

    #[test]
    fn csv_as_spreadsheets_write_it() {
        let text = b"\xef\xbb\xbfEMail;Port;ticket\r\n\r\na@example.com;587;\"T \"\"4\"\"; 7\"\r\nb@example.com\r\n;;x;y\r\nc;\"5\r\nd;\"5\"5;";
        assert_eq!(
            read(text),
            [
                "3 column 1 (address)=a@example.com|column 2 (port)=587|column 3 (ticket)=T \"4\"; 7",
                "4 column 1 (address)=b@example.com",
                "5 it has 4 columns, the head line 3",
                "6 column 2 (port): the quotation mark is not closed",
                "7 column 2 (port): there is something after the closing quotation mark",
            ]
        );
    }

    #[test]
    fn json_lines() {
        let text =
            b"{\"email\":\"a@example.com\",\"port\":587,\"user\":null}\n[1]\n{\"port\":}\n{\"server\":{}}\n{\"x\":1}\n";
        let lines = read(text);
        assert_eq!(lines[0], "1 address=a@example.com|port=587");
        assert!(lines[1].contains("not an object") && lines[2].starts_with("3 column 9"), "{lines:?}");
        assert!(lines[3].contains("neither text") && lines[4].contains("no column \"x\""), "{lines:?}");
    }

    #[test]
    fn what_a_head_line_cannot_be() {
        assert!(refused(b"address,password\n").contains("column 2: \"password\": a password is never read"));
        assert!(refused(b"address,moon\n").contains("line 1, column 2: there is no column \"moon\""));
        assert!(refused(b"address,email\n").contains("two columns address"));
        assert!(refused(b"\xff\xfea\0").contains("UTF-16") && refused(b"\xffa").contains("not UTF-8"));
        assert!(Lines::open(&b"\n \n"[..]).unwrap().is_none());
    }

    #[test]
    fn a_line_without_end_costs_no_memory() {
        let endless = b"address\n".chain(io::repeat(b'x').take(10 * 1024 * 1024)).chain(&b"\na@example.com"[..]);
        let (mut lines, _) = Lines::open(endless).unwrap().unwrap();
        assert!(lines.next().unwrap().unwrap().cells.is_err_and(|why| why.contains("64 KiB")));
        let last = lines.next().unwrap().unwrap();
        assert_eq!((last.number, last.cells.unwrap().len()), (3, 1));
    }
}
