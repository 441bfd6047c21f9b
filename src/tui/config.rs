//! Somebody's own keys and colours: a small TOML file, read with the line of every mistake, and written with everything
//! that it can say, commented out. Where the file is, is `cli`'s.

use super::keymap::{self, Action, KEYS, Row};
use super::theme::{Colours, THEMES};
use crate::text::line_at;
use ratatui::crossterm::event::KeyCode;
use ratatui::style::Color;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use toml::Spanned;

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

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    theme: Option<Spanned<String>>,
    ascii: Option<bool>,
    mouse: Option<bool>,
    #[serde(default)]
    keep_solved: bool,
    #[serde(default)]
    colours: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    keys: BTreeMap<String, Spanned<Keys>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Keys {
    One(String),
    More(Vec<String>),
}

/// What is wrong with a file, and in which line of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong, and what to write.
    pub why: String,
}

impl Config {
    /// Reads a file's text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let line = |at: usize| line_at(text.as_bytes(), at);
        let written: Written = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            vec![Mistake { line: line(at), why: error.message().to_owned() }]
        })?;
        let mut wrong = Vec::new();
        let Written { ascii, mouse, keep_solved, .. } = written;
        let mut config = Config { ascii, mouse, keep_solved, ..Config::default() };
        if let Some(theme) = &written.theme {
            match THEMES.iter().find(|(name, _)| name == theme.get_ref()) {
                Some((_, colours)) => config.colours = *colours,
                None => {
                    let names: Vec<&str> = THEMES.iter().map(|(name, _)| *name).collect();
                    let why = format!("there is no theme \"{}\": {}", theme.get_ref(), names.join(", "));
                    wrong.push(Mistake { line: line(theme.span().start), why });
                }
            }
        }
        for (name, colour) in &written.colours {
            if let Err(why) = set_colour(&mut config.colours, name, colour.get_ref()) {
                wrong.push(Mistake { line: line(colour.span().start), why });
            }
        }
        let mut rows = KEYS.to_vec();
        for (name, keys) in &written.keys {
            match own_keys(name, keys.get_ref()) {
                Ok((action, keys)) => rows = keymap::with_keys(&rows, action, &keys),
                Err(why) => wrong.push(Mistake { line: line(keys.span().start), why }),
            }
        }
        if let Some((place, key, first, second)) = keymap::clash(&rows) {
            let names: [&str; 2] = [first.into(), second.into()];
            let at = names.iter().find_map(|name| written.keys.get(*name)).map_or(0, |keys| keys.span().start);
            let [first, second] = names;
            let why = format!("{} would mean both {first} and {second} ({})", keymap::name(key), place.title());
            wrong.push(Mistake { line: line(at), why });
        }
        config.keys = (!written.keys.is_empty()).then_some(rows);
        if wrong.is_empty() { Ok(config) } else { Err(wrong) }
    }
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
        _ => return Err(format!("nothing is called \"{name}\" here: {}", COLOURS.join(", "))),
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

fn own_keys(name: &str, keys: &Keys) -> Result<(Action, Vec<KeyCode>), String> {
    let actions = actions();
    let Some((_, rows)) = actions.iter().find(|(known, _)| *known == name) else {
        return Err(format!("no key does \"{name}\": see `mailtriage config --init` for the names"));
    };
    let names: Vec<&str> = match keys {
        Keys::One(key) => vec![key],
        Keys::More(keys) => keys.iter().map(String::as_str).collect(),
    };
    let key = |name: &&str| {
        keymap::by_name(name).ok_or_else(|| format!("\"{name}\" is not a key: use one such as m, F5, PgDn, Space"))
    };
    let keys = names.iter().map(key).collect::<Result<Vec<KeyCode>, String>>()?;
    match keys.is_empty() {
        true => Err(format!("{name} needs a key")),
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
        assert_eq!(lines, [1, 3, 4, 7, 6]);
        let clash = wrong("\n[keys]\nnote = \"s\"\n");
        assert!(clash[0].line == 3 && clash[0].why.contains("save") && clash[0].why.contains("note"), "{clash:?}");
        assert_eq!(wrong("mouse = true\nmose = 1\n")[0].line, 2);
        assert_eq!(wrong("theme = \n")[0].line, 1);
    }
}
