//! The box for the password: where the password would go, whose certificate is there, which user name is used, and
//! what an attempt costs.

use super::help::Help;
use super::parts;
use crate::check::secret::{Attempt, Secret, To};
use crate::tui::core::Core;
use crate::tui::destination::{Destination, Unproven};
use crate::tui::effect::{Effect, Request};
use crate::tui::field::{Field, SecretField};
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;

/// The state of the box.
#[derive(Default)]
pub struct LogIn {
    /// The typed password; never shown.
    secret: SecretField,
    /// The server's name, typed by a person who wants to log in although nothing proves that it is that server.
    anyway: Field,
    /// Whether the name has to be typed first, and has been.
    needs_name: bool,
    agreed: bool,
    /// Whether to send a message to the address itself afterwards.
    message: bool,
    scroll: Scroll,
}

impl LogIn {
    /// The box for a log-in there.
    pub fn new(way: &Destination) -> Self {
        LogIn { needs_name: !matches!(way, Destination::Proven { .. }), ..LogIn::default() }
    }

    fn must_agree(&self) -> bool {
        self.needs_name && !self.agreed
    }

    /// Takes the server's name, which is typed because nothing proves that it is that server.
    fn agree(&mut self, core: &mut Core) {
        let Destination::Unproven(Unproven { host, .. }) = &core.log_in else { return };
        self.agreed = self.anyway.given().is_some_and(|typed| typed.eq_ignore_ascii_case(host));
        core.message = (!self.agreed).then(|| format!("type {host}, or leave with Esc"));
    }

    fn test(&mut self, core: &mut Core) -> Next {
        if self.secret.is_empty() {
            core.say("no password typed yet");
            return Next::Stay;
        }
        let unverified = if self.agreed { self.anyway.given() } else { None };
        let (host, port, shown) = match &core.log_in {
            Destination::Proven { host, port, .. } => (host.clone(), *port, None),
            Destination::Unproven(Unproven { host, port, fingerprint, .. }) => {
                (host.clone(), *port, fingerprint.clone())
            }
            Destination::None(why) => {
                core.message = Some(why.clone());
                return Next::Stay;
            }
        };
        let agreed = Some(To { host, port });
        let secret = Secret::Password(self.secret.take());
        let attempt = Attempt { secret, message: self.message, agreed, unverified, shown };
        Next::DoAndHome(Effect::run(Request::log_in(attempt)))
    }

    /// Where the password would go, and what proves the server's identity, or does not.
    fn way(core: &Core, width: usize) -> Vec<Line<'static>> {
        let theme = core.theme;
        match &core.log_in {
            Destination::Proven { host, port, proof } => {
                let to = format!("{host}, port {port}, encrypted");
                let mut lines = parts::labelled(theme, "To", &to, width, Style::new(), 2);
                lines.extend(parts::labelled(theme, "Proof", proof, width, Style::new(), 2));
                lines
            }
            Destination::Unproven(Unproven { host, shown, .. }) => {
                let text = format!(
                    "Nothing proves that this is {host}: the certificate is {shown}. Whoever holds it could read the \
                     password. Better leave with Esc and have the certificate fixed first. To log in anyway, type the \
                     server's name; the report will say so."
                );
                let width = u16::try_from(width).unwrap_or(u16::MAX);
                let mut lines = parts::paragraph(theme, &text, width, theme.strong());
                lines.push(Line::default());
                lines
            }
            Destination::None(why) => {
                parts::paragraph(theme, why, u16::try_from(width).unwrap_or(u16::MAX), theme.strong())
            }
        }
    }
}

impl View for LogIn {
    fn place(&self) -> Place {
        Place::LogIn
    }

    fn type_key(&mut self, event: &KeyEvent) {
        if self.must_agree() { self.anyway.key(event) } else { self.secret.key(event) }
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.scroll.by(by * WHEEL);
    }

    fn paste(&mut self, text: &str) {
        if self.must_agree() { self.anyway.paste(text) } else { self.secret.paste(text) }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Back => return Next::Back,
            Action::Help => return Next::go(Help::new(Place::LogIn)),
            _ if self.scroll.act(action) => {}
            Action::Toggle if self.must_agree() => core.say("type the server's name first, or leave with Esc"),
            Action::Toggle => self.message = !self.message,
            Action::Open if self.must_agree() => self.agree(core),
            Action::Open => return self.test(core),
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let theme = core.theme;
        let width = usize::from(area.width);
        let height = parts::body(area, core).height;
        let mut lines = LogIn::way(core, width);
        let account = &core.session.account;
        let user = account.log_in_name(core.session.wanted());
        lines.extend(parts::labelled(theme, "As", &user, width, theme.strong(), 2));
        lines.push(Line::default());
        let at = u16::try_from(lines.len()).unwrap_or(0);
        let mut cursor = 0;
        if self.must_agree() {
            let (typed, column) = self.anyway.shown(width.saturating_sub(16).min(24));
            lines.extend(parts::labelled(theme, "Server", &parts::boxed(&typed, 24), width, theme.strong(), 1));
            cursor = u16::try_from(column).unwrap_or(0);
        } else {
            // Always the same number of dots: nobody needs to see how long a password is.
            let dots = if self.secret.is_empty() { "        " } else { "********" };
            lines.extend(parts::labelled(theme, "Password", &format!("[{dots}]"), width, theme.strong(), 1));
            let tick = if self.message { "x" } else { " " };
            let then = format!("[{tick}] one message to {}, to see it arrive", account.address);
            lines.extend(parts::labelled(theme, "Then", &then, width, Style::new(), 2));
            lines.push(Line::default());
            let text = format!(
                "Refused today: {}. A refusal counts towards a lock-out at the provider, so \"r\" never repeats it. Let \
                 the caller type it; never ask for it by phone. It is sent once, to this server, then forgotten.",
                core.refused_today
            );
            // On a low screen the cost of an attempt comes before the choice of a message: it is read first.
            let low = lines.len() + 3 > usize::from(height);
            let warning = parts::paragraph(theme, &text, area.width, theme.dim());
            let before = if low { usize::from(at) + 1 } else { lines.len() };
            lines.splice(before..before, warning);
        }
        let page = (Place::LogIn, "Test the log-in, once", "");
        let body = parts::text_page(frame, area, core, page, lines, &mut self.scroll);
        let line = usize::from(at).checked_sub(self.scroll.at()).and_then(|line| u16::try_from(line).ok());
        if let Some(line) = line.filter(|line| *line < body.height) {
            frame.set_cursor_position(Position::new(body.x + 15 + cursor, body.y + line));
        }
    }
}
