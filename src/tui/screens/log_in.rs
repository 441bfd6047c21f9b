//! The box for the password: where it would go, whose certificate that is, as whom, and what it costs.

use super::parts;
use crate::facts::Value;
use crate::tui::app::{Core, Effect, Next, Request};
use crate::tui::field::SecretField;
use crate::tui::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// The box.
#[derive(Default)]
pub struct LogIn {
    /// What is typed; never shown.
    pub secret: SecretField,
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
    way(core).is_none().then(|| {
        "no encrypted way with a verified certificate offers a log-in: the password would go to whoever sits there"
            .to_owned()
    })
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
    pub(super) fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Back => Next::Back,
            Action::Open if self.secret.is_empty() => {
                core.message = Some("nothing typed yet".to_owned());
                Next::Stay
            }
            Action::Open => Next::DoAndHome(Effect::Run(Box::new(Request::log_in(self.secret.take())))),
            _ => Next::Stay,
        }
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
        let account = &core.session.account;
        let user = account.log_in_name(core.session.wanted());
        lines.extend(parts::labelled(theme, "As", &user, width, theme.strong(), 2));
        lines.push(Line::default());
        let at = u16::try_from(lines.len()).unwrap_or(0);
        // Always as many dots: the length of a password is nobody's business.
        let dots = if self.secret.is_empty() { "        " } else { "********" };
        lines.extend(parts::labelled(theme, "Password", &format!("[{dots}]"), width, theme.strong(), 1));
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
