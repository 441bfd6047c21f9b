//! Somebody's own keys and colours: a small TOML file, read with the line of every mistake, and written with everything
//! that it can say, commented out. Where the file is, is `cli`'s.

use super::keymap::{self, Action, KEYS, Row};
use super::theme::{Colours, THEMES};
use crate::values::lined::{Entry, Source};
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Color;
use std::fmt::Write;

/// What somebody's file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The colours.
    pub colours: Colours,
    /// Whether only ASCII characters are drawn.
    pub ascii: Option<bool>,
    /// Whether the mouse is on at the start.
    pub mouse: Option<bool>,
    /// Whether the marks of solved practice calls outlive the program.
    pub keep_solved: bool,
    /// The table of keys, if it differs from ours.
    pub keys: Option<Vec<Row>>,
}

/// What is wrong with a file, and in which line of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong, and what to write.
    pub why: String,
}

/// What an own file may say at the top.
const NAMES: &str = "theme, ascii, mouse, keep_solved, colours, keys";

impl Config {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut reader = Reader::default();
        match Source::read(text) {
            Ok(source) => reader.read(&source.entries()),
            Err(wrong) => reader.mistakes.extend(wrong.into_iter().map(|(line, why)| Mistake { line, why })),
        }
        if reader.mistakes.is_empty() { Ok(reader.config) } else { Err(reader.mistakes) }
    }
}

/// A file that is being read, key by key, so that all mistakes are found at once.
#[derive(Default)]
struct Reader {
    config: Config,
    mistakes: Vec<Mistake>,
}

impl Reader {
    /// What was read, or a mistake of this line.
    fn or_wrong<T>(&mut self, entry: &Entry<'_>, read: Result<T, String>) -> Option<T> {
        let why = |why| Mistake { line: entry.line, why: format!("{}: {why}", entry.key) };
        read.map_err(|error| self.mistakes.push(why(error))).ok()
    }

    fn read(&mut self, entries: &[Entry<'_>]) {
        // Single colours are laid over those of the theme, wherever it stands.
        for entry in entries.iter().filter(|entry| entry.key == "theme") {
            if let Some(colours) = self.or_wrong(entry, entry.text().and_then(theme)) {
                self.config.colours = colours;
            }
        }
        for entry in entries {
            match entry.key {
                "theme" => {}
                "ascii" => self.config.ascii = self.or_wrong(entry, entry.switch()),
                "mouse" => self.config.mouse = self.or_wrong(entry, entry.switch()),
                "keep_solved" => self.config.keep_solved = self.or_wrong(entry, entry.switch()).unwrap_or_default(),
                "colours" => {
                    for colour in self.fields(entry) {
                        let set = colour.text().and_then(|text| set_colour(&mut self.config.colours, colour.key, text));
                        self.or_wrong(&colour, set);
                    }
                }
                "keys" => {
                    let keys = self.fields(entry);
                    self.keys(&keys);
                }
                _ => {
                    self.or_wrong::<()>(entry, Err(format!("nothing is called that here: {NAMES}")));
                }
            }
        }
    }

    fn fields<'a>(&mut self, entry: &Entry<'a>) -> Vec<Entry<'a>> {
        let fields = entry.fields().ok_or_else(|| format!("it must be a table: [{}]", entry.key));
        self.or_wrong(entry, fields).unwrap_or_default()
    }

    fn keys(&mut self, entries: &[Entry<'_>]) {
        let mut rows = KEYS.to_vec();
        for entry in entries {
            if let Some((action, keys)) = self.or_wrong(entry, own_keys(entry)) {
                rows = keymap::with_keys(&rows, action, &keys);
            }
        }
        if let Some((place, key, first, second)) = keymap::clash(&rows) {
            let names: [&str; 2] = [first.into(), second.into()];
            let line = names.iter().find_map(|name| entries.iter().find(|entry| entry.key == *name));
            let [first, second] = names;
            let why = format!("{} would mean both {first} and {second} ({})", keymap::name(key), place.title());
            self.mistakes.push(Mistake { line: line.map_or(1, |entry| entry.line), why });
        }
        self.config.keys = (!entries.is_empty()).then_some(rows);
    }
}

fn theme(name: &str) -> Result<Colours, String> {
    let known = THEMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, colours)| *colours).ok_or_else(|| {
        let names: Vec<&str> = THEMES.iter().map(|(name, _)| *name).collect();
        format!("there is no theme \"{name}\": {}", names.join(", "))
    })
}

const COLOURS: [&str; 5] = ["ok", "warn", "fail", "key", "dim"];

fn set_colour(colours: &mut Colours, name: &str, colour: &str) -> Result<(), String> {
    let colour: Color = colour
        .parse()
        .map_err(|_| format!("\"{colour}\" is not a colour: use a name such as light-blue, or #rrggbb, or 0 to 255"))?;
    match name {
        "ok" => colours.ok = colour,
        "warn" => colours.warn = colour,
        "fail" => colours.fail = colour,
        "key" => colours.key = colour,
        "dim" => colours.dim = Some(colour),
        _ => return Err(format!("nothing is called that here: {}", COLOURS.join(", "))),
    }
    Ok(())
}

/// The actions that have a name of their own: all but the numbers of answers, and the ticks, whose keys differ from form to
/// form.
fn actions() -> Vec<(&'static str, Vec<&'static Row>)> {
    let mut actions: Vec<(&'static str, Vec<&'static Row>)> = Vec::new();
    for row in KEYS.iter().filter(|row| !matches!(row.action, Action::Choose(_) | Action::Toggle)) {
        let name: &'static str = row.action.into();
        match actions.iter_mut().find(|(known, _)| *known == name) {
            Some((_, rows)) => rows.push(row),
            None => actions.push((name, vec![row])),
        }
    }
    actions
}

fn own_keys(entry: &Entry<'_>) -> Result<(Action, Vec<KeyCode>), String> {
    let actions = actions();
    let Some((_, rows)) = actions.iter().find(|(known, _)| *known == entry.key) else {
        return Err("no key does that: see `mailtriage config --init` for the names".to_owned());
    };
    let key = |item: &Entry<'_>| {
        let name = item.text()?;
        keymap::by_name(name).ok_or_else(|| format!("\"{name}\" is not a key: use one such as m, F5, PgDn, Space"))
    };
    let keys = entry.items().iter().map(key).collect::<Result<Vec<KeyCode>, String>>()?;
    match keys.is_empty() {
        true => Err("it needs a key".to_owned()),
        false => Ok((rows[0].action, keys)),
    }
}

/// A file that says what is the case anyway, every line commented out.
pub fn commented() -> String {
    let mut out = String::from(
        "# Keys and colours of mailtriage. Remove the # from a line to change what it says;\n\
         # `mailtriage config --check` says what is wrong, with the line.\n\n\
         # dark, light or high-contrast\n# theme = \"dark\"\n\
         # only ASCII characters; if not set, the locale decides (LC_ALL, LC_CTYPE, LANG)\n# ascii = false\n\
         # the wheel scrolls and a click selects; while it is off, the terminal selects text (M switches)\n\
         # mouse = true\n\
         # practice: which calls you have solved is remembered for the next time\n# keep_solved = false\n\n# [colours]\n",
    );
    let of = Colours::DARK;
    for (name, colour) in COLOURS.iter().zip([Some(of.ok), Some(of.warn), Some(of.fail), Some(of.key), of.dim]) {
        let colour = colour.map_or_else(|| "gray".to_owned(), |colour| colour.to_string().to_lowercase());
        let _ = writeln!(out, "# {name} = \"{colour}\"");
    }
    out.push_str("\n# A key, or several: \"m\", [\"m\", \"F5\"]. In a text field a letter stays a letter.\n# [keys]\n");
    for (name, rows) in actions() {
        let mut keys: Vec<String> = Vec::new();
        for row in &rows {
            let key = format!("\"{}\"", row.shown());
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let keys = if keys.len() == 1 { keys.remove(0) } else { format!("[{}]", keys.join(", ")) };
        let _ = writeln!(out, "# {:<40} # {}", format!("{name} = {keys}"), rows[0].explains);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keymap::Place;

    #[test]
    fn what_is_written_commented_out_can_be_read() {
        let text = commented();
        assert_eq!(Config::parse(&text), Ok(Config::default()));
        // Uncommented it says the same; every action keeps its keys.
        let mut uncommented = String::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
            if line.contains(" = ") || line.starts_with('[') {
                uncommented.push_str(line);
                uncommented.push('\n');
            }
        }
        let config = Config::parse(&uncommented).unwrap_or_else(|wrong| panic!("{wrong:?}\n{uncommented}"));
        let rows = config.keys.unwrap();
        for row in KEYS {
            for place in row.places {
                let kept =
                    |other: &Row| other.key == row.key && other.action == row.action && other.places.contains(place);
                assert!(rows.iter().any(kept), "{row:?} at {place:?}");
            }
        }
        assert_eq!((config.mouse, config.ascii), (Some(true), Some(false)));
    }

    #[test]
    fn own_keys_and_colours() {
        let config = Config::parse("theme = \"light\"\n[colours]\nok = \"#00ff00\"\n[keys]\nnote = \"F6\"\n").unwrap();
        assert_eq!((config.colours.ok, config.colours.key), (Color::Rgb(0, 255, 0), Colours::LIGHT.key));
        let rows = config.keys.unwrap();
        let notes = rows.iter().filter(|row| row.action == Action::Note && row.places.contains(&Place::Dashboard));
        assert_eq!(notes.map(|row| row.key).collect::<Vec<_>>(), [KeyCode::F(6)]);
    }

    #[test]
    fn every_mistake_has_its_line() {
        let wrong = |text: &str| Config::parse(text).unwrap_err();
        let text =
            "theme = \"dusk\"\n[colours]\nok = \"mauve-ish\"\nsky = \"blue\"\n[keys]\nnote = \"Ctrl-X\"\nfly = \"f\"\n";
        let lines: Vec<usize> = wrong(text).iter().map(|mistake| mistake.line).collect();
        assert_eq!(lines, [1, 3, 4, 6, 7]);
        let clash = wrong("\n[keys]\nnote = \"s\"\n");
        assert!(clash[0].line == 3 && clash[0].why.contains("save") && clash[0].why.contains("note"), "{clash:?}");
        assert_eq!(wrong("mouse = true\nmose = 1\n")[0].line, 2);
        assert_eq!(wrong("theme = \n")[0].line, 1);
        let kinds = wrong("ascii = 1\ntheme = true\ncolours = 3\n[keys]\nnote = []\nsave = [\n'F6',\n7]\n");
        assert_eq!(kinds.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [2, 1, 3, 5, 6], "{kinds:?}");
    }
}
