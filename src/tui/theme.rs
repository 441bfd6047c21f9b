//! Colours and glyphs. Neither is ever the only sign: states are words, and everything can be read without colours or
//! line drawing.

use crate::check::Outcome as CheckOutcome;
use crate::session::diagnosis::Outcome;
use ratatui::style::{Color, Modifier, Style};

/// How the screen may be drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Theme {
    /// Only ASCII characters.
    pub ascii: bool,
    /// No colours; see <https://no-color.org>.
    pub plain: bool,
    /// Which colours.
    pub colours: Colours,
}

/// The colours. `None` is for what is dim: the terminal's own colour, dimmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colours {
    /// What is as it should be.
    pub ok: Color,
    /// What is odd.
    pub warn: Color,
    /// What fails.
    pub fail: Color,
    /// A key that works.
    pub key: Color,
    /// What matters little at the moment.
    pub dim: Option<Color>,
}

impl Colours {
    /// For light letters on a dark ground: the terminal's own sixteen colours.
    pub const DARK: Colours =
        Colours { ok: Color::Green, warn: Color::Yellow, fail: Color::Red, key: Color::Cyan, dim: None };
    /// For dark letters on a light ground, on which yellow and cyan are hard to read.
    pub const LIGHT: Colours =
        Colours { ok: Color::Green, warn: Color::Magenta, fail: Color::Red, key: Color::Blue, dim: None };
    /// Bright colours on a dark ground, and nothing dimmed.
    pub const HIGH_CONTRAST: Colours = Colours {
        ok: Color::LightGreen,
        warn: Color::LightYellow,
        fail: Color::LightRed,
        key: Color::LightCyan,
        dim: Some(Color::Reset),
    };
}

impl Default for Colours {
    fn default() -> Self {
        Colours::DARK
    }
}

/// The names of the themes.
pub const THEMES: &[(&str, Colours)] =
    &[("dark", Colours::DARK), ("light", Colours::LIGHT), ("high-contrast", Colours::HIGH_CONTRAST)];

impl Theme {
    fn colour(self, colour: Color) -> Style {
        if self.plain { Style::new() } else { Style::new().fg(colour) }
    }

    /// For what matters little at the moment.
    pub fn dim(self) -> Style {
        match (self.plain, self.colours.dim) {
            (true, _) => Style::new(),
            (false, Some(colour)) => Style::new().fg(colour),
            (false, None) => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// For a guess that was right, or not.
    pub fn guess(self, is_right: bool) -> Style {
        self.colour(if is_right { self.colours.ok } else { self.colours.warn }).add_modifier(Modifier::BOLD)
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
        self.colour(self.colours.key).add_modifier(Modifier::BOLD)
    }

    /// For the state of a check; `None` while it has not ended.
    pub fn outcome(self, outcome: Option<CheckOutcome>) -> Style {
        match outcome {
            Some(CheckOutcome::Pass) => self.colour(self.colours.ok),
            Some(CheckOutcome::Warn) => self.colour(self.colours.warn),
            Some(CheckOutcome::Fail) => self.colour(self.colours.fail).add_modifier(Modifier::BOLD),
            Some(CheckOutcome::Skipped | CheckOutcome::Unknown) | None => self.dim(),
        }
    }

    /// For the verdict.
    pub fn verdict(self, outcome: Outcome) -> Style {
        let colour = match outcome {
            Outcome::CanSend => self.colours.ok,
            Outcome::CannotSend => self.colours.fail,
            Outcome::Unreliable | Outcome::Unsure => self.colours.warn,
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

    /// Between a reason and where it leads.
    pub fn arrow(self) -> &'static str {
        if self.ascii { "->" } else { "→" }
    }

    /// What stands for the end of a text that was cut.
    pub fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
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
            '›' | '→' => '>',
            c => c,
        };
        text.replace('…', "...").chars().map(plain).map(|c| if c.is_ascii() { c } else { '?' }).collect()
    }
}
