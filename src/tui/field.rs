//! A line to type into: bounded, and without control characters, whatever is pasted.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;
use zeroize::Zeroizing;

/// The most that a field holds, in characters.
const MOST: usize = 2_000;

/// A text field.
#[derive(Debug, Clone, Default)]
pub struct Field {
    input: Input,
    /// All of a text that the line cannot show, until something is typed in its place.
    whole: Option<String>,
}

impl Field {
    /// A field with this text in it.
    pub fn with(text: &str) -> Self {
        Field { input: Input::new(bounded(text, MOST)), whole: None }
    }

    /// A field for a text that may have many lines, such as a message that came back: the line shows how it begins, and
    /// what it gives is all of it.
    pub fn of_text(text: &str) -> Self {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if text.trim().lines().count() < 2 && text.len() <= MOST {
            return Field::with(&text);
        }
        Field { input: Input::new(bounded(&text, MOST)).with_cursor(0), whole: Some(text) }
    }

    /// How many lines it has, if it is a text that the line cannot show.
    pub fn lines(&self) -> Option<usize> {
        self.whole.as_ref().map(|text| text.trim().lines().count())
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Its text without spaces around it; `None` if nothing is left.
    pub fn given(&self) -> Option<String> {
        let text = self.whole.as_deref().unwrap_or(self.text()).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Takes a key that is not a command.
    pub fn key(&mut self, event: &KeyEvent) {
        let grows = matches!(event.code, KeyCode::Char(_));
        let edits = grows || matches!(event.code, KeyCode::Backspace | KeyCode::Delete);
        // What the line does not show cannot be edited: what is typed takes its place.
        if edits && self.whole.is_some() {
            *self = Field::default();
        }
        if !grows || self.text().chars().count() < MOST {
            self.input.handle_event(&Event::Key(*event));
        }
    }

    /// Takes pasted text: line ends become spaces, and what does not fit is dropped.
    pub fn paste(&mut self, text: &str) {
        let room = MOST.saturating_sub(self.text().chars().count());
        let at = self.input.cursor();
        let mut chars: Vec<char> = self.text().chars().collect();
        let pasted: Vec<char> = bounded(text, room).chars().collect();
        let cursor = at.min(chars.len()) + pasted.len();
        chars.splice(at.min(chars.len())..at.min(chars.len()), pasted);
        self.input = Input::new(chars.into_iter().collect()).with_cursor(cursor);
        self.whole = None;
    }

    /// The part that fits into `width` columns, and the cursor's column in it.
    pub fn shown(&self, width: usize) -> (String, usize) {
        let scroll = self.input.visual_scroll(width.saturating_sub(1));
        let mut skipped = 0;
        let visible = self.text().chars().skip_while(|c| {
            let skip = skipped < scroll;
            skipped += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
            skip
        });
        let mut shown = String::new();
        let mut used = 0;
        for c in visible {
            used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
            if used >= width {
                break;
            }
            shown.push(c);
        }
        (shown, self.input.visual_cursor().saturating_sub(scroll))
    }
}

fn bounded(text: &str, most: usize) -> String {
    // Of a pasted megabyte, only as much is examined as is kept.
    let text: String = text.chars().take(most).collect();
    crate::text::visible_str(&text.trim_end_matches(['\r', '\n']).replace(['\r', '\n'], " "))
}

/// A field for a password: wiped when it is dropped, never shown.
#[derive(Default)]
pub struct SecretField {
    text: Zeroizing<String>,
}

impl SecretField {
    /// Takes a key that is not a command.
    pub fn key(&mut self, event: &KeyEvent) {
        match event.code {
            KeyCode::Char(c) => self.push(c),
            KeyCode::Backspace => {
                self.text.pop();
            }
            _ => {}
        }
    }

    /// Takes pasted text, up to the first line end.
    pub fn paste(&mut self, text: &str) {
        text.lines().next().unwrap_or_default().chars().for_each(|c| self.push(c));
    }

    fn push(&mut self, c: char) {
        // Reserves room for all of it from the start: growing would leave copies behind.
        const ROOM: usize = 1_024;
        if self.text.capacity() == 0 {
            self.text = Zeroizing::new(String::with_capacity(ROOM));
        }
        if self.text.len() + c.len_utf8() <= ROOM && c != '\0' {
            self.text.push(c);
        }
    }

    /// Whether nothing has been typed.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Takes the password out; afterwards the field is empty.
    pub fn take(&mut self) -> secrecy::SecretString {
        secrecy::SecretString::from(std::mem::take(&mut self.text).as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_megabyte_is_bounded() {
        let mut field = Field::with("ab");
        field.paste(&"x\r\ny\u{1b}[31m".repeat(200_000));
        assert!(field.text().chars().count() <= MOST * 4 && !field.text().contains('\u{1b}'));
        assert!(field.text().starts_with("abx  y\\x1b"));
    }

    #[test]
    fn a_text_of_many_lines_is_kept_until_it_is_edited() {
        let bounce = "Subject: Undelivered\r\rThe mail system\r\n".repeat(300);
        let mut field = Field::of_text(&bounce);
        assert_eq!((field.lines(), field.shown(8).1), (Some(900), 0));
        assert!(field.given().is_some_and(|text| text.len() > MOST && text.ends_with("\n\nThe mail system")));
        field.key(&KeyEvent::from(KeyCode::Right));
        assert!(field.lines().is_some());
        field.key(&KeyEvent::from(KeyCode::Char('x')));
        assert_eq!((field.lines(), field.given().as_deref()), (None, Some("x")));
        assert_eq!(Field::of_text("0x800CCC0F\n").given().as_deref(), Some("0x800CCC0F"));
    }

    #[test]
    fn what_fits_is_shown_with_its_cursor() {
        let (shown, cursor) = Field::with("anna@example.com").shown(8);
        assert!(shown.chars().count() < 8 && cursor < 8, "{shown} {cursor}");
        assert_eq!(Field::with("世界").shown(20), ("世界".to_owned(), 4));
    }
}
