//! The box for the password: where it would go, whose certificate that is, as whom, and what it costs.

use super::parts;
use crate::check::secret::{Attempt, Secret};
use crate::facts::Value;
use crate::tui::app::{Core, Effect, Next, Request};
use crate::tui::field::{Field, SecretField};
use crate::tui::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// The box.
#[derive(Default)]
pub struct LogIn {
    /// What is typed; never shown.
    pub secret: SecretField,
    /// The server's name, typed by whoever wants the log-in although nothing proves that it is that server.
    pub anyway: Field,
    /// Whether that has to be typed first, and has been.
    needs_name: bool,
    agreed: bool,
    /// Whether a message to the address itself follows.
    message: bool,
}

/// Whether the log-in may be tried, and if not, why.
pub fn obstacle(core: &Core) -> Option<String> {
    if core.is_running() {
        return Some("wait until the checks are done, then press p".to_owned());
    }
    let reason = |key: &str| core.session.facts().get(key).and_then(|known| known.word().map(str::to_owned));
    if reason("login.reason").as_deref() == Some("account-locked") {
        return Some("the account is locked: another try makes it worse".to_owned());
    }
    (way(core).is_none() && unproven(core).is_none())
        .then(|| "no encrypted way offers a log-in: everybody on the way could read the password".to_owned())
}

/// Whether no way has a certificate that verifies.
pub fn is_unproven(core: &Core) -> bool {
    way(core).is_none()
}

/// A server that shows a certificate which does not verify.
struct Unproven {
    host: String,
    /// Whose certificate it is, in words.
    shown: String,
    serial: Option<String>,
}

/// The server in use, and who shows a certificate in its place that does not verify.
fn unproven(core: &Core) -> Option<Unproven> {
    let run = core.session.run()?;
    let in_use = run.in_use()?;
    let text = |id: String, key: &str| run.check(&id)?.facts.get(key)?.text();
    let is_shown = text(format!("smtp.{}", in_use.port), "handshake").as_deref() == Some("certificate");
    let certificate = format!("certificate.{}", in_use.port);
    let serial = text(certificate.clone(), "serial");
    let issuer = text(certificate.clone(), "issuer").unwrap_or_else(|| "nobody known".to_owned());
    let names = text(certificate, "names").unwrap_or_else(|| "no name".to_owned());
    is_shown.then(|| Unproven { host: in_use.host, shown: format!("for {names}, issued by {issuer}"), serial })
}

/// Port and certificate of the way that the log-in will take.
fn way(core: &Core) -> Option<(u16, String, String)> {
    let run = core.session.run()?;
    let in_use = run.in_use()?;
    let text = |id: &str, key: &str| match run.check(id)?.facts.get(key)? {
        Value::Word(word) => Some(word.clone()),
        Value::List(list) => list.first().cloned(),
        Value::Number(number) => Some(number.to_string()),
    };
    let wanted = run.wanted.iter().flat_map(|wanted| &wanted.choices).map(|choice| choice.port);
    std::iter::once(in_use.port).chain(wanted).chain([587, 465]).find_map(|port| {
        let offers = text(&format!("smtp.{port}"), "auth")?;
        let certificate = format!("certificate.{port}");
        let verified = text(&certificate, "verified").as_deref() == Some("yes");
        let proof = format!(
            "certificate of {}, from {}, valid to {}",
            text(&certificate, "names").unwrap_or_default(),
            text(&certificate, "issuer").unwrap_or_default(),
            text(&certificate, "until").unwrap_or_default().split('T').next().unwrap_or_default()
        );
        (verified && !offers.is_empty()).then(|| (port, in_use.host.clone(), proof))
    })
}

impl LogIn {
    /// The box; whether the server's name has to be typed first, is for [`is_unproven`] to say.
    pub fn new(needs_name: bool) -> Self {
        LogIn { needs_name, ..LogIn::default() }
    }

    fn must_agree(&self) -> bool {
        self.needs_name && !self.agreed
    }

    /// A key that is no command.
    pub fn key(&mut self, event: &KeyEvent) {
        if self.must_agree() { self.anyway.key(event) } else { self.secret.key(event) }
    }

    /// Pasted text.
    pub fn paste(&mut self, text: &str) {
        if self.must_agree() { self.anyway.paste(text) } else { self.secret.paste(text) }
    }

    pub(super) fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Back => Next::Back,
            Action::Toggle => {
                self.message = !self.message;
                Next::Stay
            }
            Action::Open if self.must_agree() => {
                let host = unproven(core).map(|found| found.host).unwrap_or_default();
                self.agreed = self.anyway.given().is_some_and(|typed| typed.eq_ignore_ascii_case(&host));
                core.message = (!self.agreed).then(|| format!("type {host}, or Esc to leave it"));
                Next::Stay
            }
            Action::Open if self.secret.is_empty() => {
                core.message = Some("nothing typed yet".to_owned());
                Next::Stay
            }
            Action::Open => {
                let unverified = if self.agreed { self.anyway.given() } else { None };
                let shown = unproven(core).and_then(|found| found.serial);
                let secret = Secret::Password(self.secret.take());
                let attempt = Attempt { secret, message: self.message, unverified, shown };
                Next::DoAndHome(Effect::Run(Box::new(Request::log_in(attempt))))
            }
            _ => Next::Stay,
        }
    }

    /// What is typed to log in without proof.
    fn warning(&self, core: &Core, width: usize) -> Vec<Line<'static>> {
        let Some(Unproven { host, shown, .. }) = unproven(core).filter(|_| way(core).is_none()) else {
            return Vec::new();
        };
        let text = format!(
            "Nothing proves that this is {host}: the certificate is {shown}. Whoever holds it would read the password. \
             Leave it with Esc, and mend the certificate first. To log in all the same, type the server's name; that is \
             written into the report."
        );
        let theme = core.theme;
        let mut lines = parts::paragraph(theme, &text, u16::try_from(width).unwrap_or(u16::MAX), theme.strong());
        lines.push(Line::default());
        lines
    }

    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let body = parts::page(frame, area, core, Place::LogIn, "Test the log-in, once", "");
        let theme = core.theme;
        let width = usize::from(body.width);
        let mut lines = Vec::new();
        let plain = ratatui::style::Style::new();
        if let Some((port, host, proof)) = way(core) {
            lines.extend(parts::labelled(theme, "To", &format!("{host}, port {port}, encrypted"), width, plain, 2));
            lines.extend(parts::labelled(theme, "Proof", &proof, width, plain, 2));
        }
        lines.extend(self.warning(core, width));
        let account = &core.session.account;
        let user = account.log_in_name(core.session.wanted());
        lines.extend(parts::labelled(theme, "As", &user, width, theme.strong(), 2));
        lines.push(Line::default());
        let at = u16::try_from(lines.len()).unwrap_or(0);
        if self.must_agree() {
            let (typed, cursor) = self.anyway.shown(width.saturating_sub(16));
            lines.extend(parts::labelled(theme, "Server", &format!("[{typed:<24}]"), width, theme.strong(), 1));
            parts::scrolled(frame, body, lines, 0);
            let x = body.x + 15 + u16::try_from(cursor).unwrap_or(0);
            frame.set_cursor_position(Position::new(x, body.y + at));
            return;
        }
        // Always as many dots: the length of a password is nobody's business.
        let dots = if self.secret.is_empty() { "        " } else { "********" };
        lines.extend(parts::labelled(theme, "Password", &format!("[{dots}]"), width, theme.strong(), 1));
        let tick = if self.message { "x" } else { " " };
        let then = format!("[{tick}] one message to {}, to see it arrive", account.address);
        lines.extend(parts::labelled(theme, "Then", &then, width, plain, 2));
        lines.push(Line::default());
        let text = format!(
            "Let the caller type it; never ask for it by phone. It is sent once to this server, then forgotten. A refusal \
             counts towards a lock-out at the provider, so \"r\" never repeats it. Refused today: {}.",
            core.refused_today
        );
        lines.extend(parts::paragraph(theme, &text, body.width, theme.dim()));
        parts::scrolled(frame, body, lines, 0);
        frame.set_cursor_position(Position::new(body.x + 15, body.y + at));
    }
}
