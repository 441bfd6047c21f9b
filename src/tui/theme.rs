//! Colours and glyphs. Neither is ever the only sign: states are words, and everything can be read without colours or
//! line drawing.

use crate::check::Outcome as CheckOutcome;
use crate::session::diagnosis::Outcome;
use ratatui::style::{Color, Modifier, Style};

/// How the screen may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Only ASCII characters.
    pub ascii: bool,
    /// No colours; see <https://no-color.org>.
    pub plain: bool,
}

impl Theme {
    fn colour(self, colour: Color) -> Style {
        if self.plain { Style::new() } else { Style::new().fg(colour) }
    }

    /// For what matters little at the moment.
    pub fn dim(self) -> Style {
        if self.plain { Style::new() } else { Style::new().add_modifier(Modifier::DIM) }
    }

    /// For what should be read first.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// For what the keys act on.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// For a key that works.
    pub fn key(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// For the state of a check; `None` while it has not ended.
    pub fn outcome(self, outcome: Option<CheckOutcome>) -> Style {
        match outcome {
            Some(CheckOutcome::Pass) => self.colour(Color::Green),
            Some(CheckOutcome::Warn) => self.colour(Color::Yellow),
            Some(CheckOutcome::Fail) => self.colour(Color::Red).add_modifier(Modifier::BOLD),
            Some(CheckOutcome::Skipped | CheckOutcome::Unknown) | None => self.dim(),
        }
    }

    /// For the verdict.
    pub fn verdict(self, outcome: Outcome) -> Style {
        let colour = match outcome {
            Outcome::CanSend => Color::Green,
            Outcome::CannotSend => Color::Red,
            Outcome::Unreliable | Outcome::Unsure => Color::Yellow,
        };
        self.colour(colour).add_modifier(Modifier::BOLD)
    }

    /// A horizontal line.
    pub fn horizontal(self) -> &'static str {
        if self.ascii { "-" } else { "─" }
    }

    /// A vertical line.
    pub fn vertical(self) -> &'static str {
        if self.ascii { "|" } else { "│" }
    }

    /// The place where a vertical line begins below a horizontal one.
    pub fn tee(self) -> &'static str {
        if self.ascii { "+" } else { "┬" }
    }

    /// Between parts of a title.
    pub fn dot(self) -> &'static str {
        if self.ascii { "-" } else { "·" }
    }

    /// Text as this screen can show it.
    pub fn text(self, text: &str) -> String {
        let text = crate::text::visible_str(text).replace('\n', " ");
        if !self.ascii {
            return text;
        }
        let plain = |c: char| match c {
            '·' | '─' | '–' | '—' => '-',
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            '…' => '.',
            '›' | '→' => '>',
            c => c,
        };
        text.chars().map(plain).map(|c| if c.is_ascii() { c } else { '?' }).collect()
    }
}
