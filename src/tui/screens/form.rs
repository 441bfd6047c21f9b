//! The form: the address first; everything else may stay empty. Fields for what the program has now are never filled
//! in with what the provider wants; that stands beside them.

use super::menu::Menu;
use super::{Screen, parts};
use crate::account::{Account, Address, MeasuredOn, Security, Settings, Wanted, address::host_name, client, spelling};
use crate::tui::app::{Core, Effect, Next, Request};
use crate::tui::field::Field;
use crate::tui::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// The fields, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Address,
    Program,
    MeasuredOn,
    Error,
    Server,
    Port,
    Security,
    User,
    Ticket,
}

const ORDER: [At; 9] =
    [At::Address, At::Program, At::MeasuredOn, At::Error, At::Server, At::Port, At::Security, At::User, At::Ticket];

const PLACES: [MeasuredOn; 3] = [MeasuredOn::ThisMachine, MeasuredOn::SameNetwork, MeasuredOn::Elsewhere];
const SECURITIES: [Option<Security>; 4] =
    [None, Some(Security::Implicit), Some(Security::Starttls), Some(Security::None)];

/// What has been typed.
pub struct Form {
    at: usize,
    address: Field,
    /// Zero is "not known".
    program: usize,
    measured_on: usize,
    error: Field,
    server: Field,
    port: Field,
    security: usize,
    user: Field,
    ticket: Field,
    /// What is known beforehand; what the form has no field for stays.
    base: Account,
    /// Whether a case is open already.
    edits: bool,
    why: Option<String>,
}

impl Form {
    /// A new case, with what the command line says; its address is still to be typed.
    pub fn new_case(account: &Account) -> Self {
        Form { at: 0, address: Field::default(), edits: false, ..Form::edit(account) }
    }

    /// With what is known of an account.
    pub fn edit(account: &Account) -> Self {
        let text = |text: &Option<String>| Field::with(text.as_deref().unwrap_or_default());
        let program = client::all().iter().position(|client| Some(&client.id) == account.client.as_ref());
        Form {
            at: 3,
            address: Field::with(&account.address.to_string()),
            program: program.map_or(0, |index| index + 1),
            measured_on: PLACES.iter().position(|place| *place == account.measured_on).unwrap_or(0),
            error: text(&account.error),
            server: text(&account.settings.server),
            port: Field::with(&account.settings.port.map_or_else(String::new, |port| port.to_string())),
            security: SECURITIES.iter().position(|security| *security == account.settings.security).unwrap_or(0),
            user: text(&account.settings.user),
            ticket: text(&account.ticket),
            base: account.clone(),
            edits: true,
            why: None,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match ORDER[self.at] {
            At::Address => Some(&mut self.address),
            At::Error => Some(&mut self.error),
            At::Server => Some(&mut self.server),
            At::Port => Some(&mut self.port),
            At::User => Some(&mut self.user),
            At::Ticket => Some(&mut self.ticket),
            At::Program | At::MeasuredOn | At::Security => None,
        }
    }

    pub(super) fn type_key(&mut self, event: &KeyEvent) {
        self.why = None;
        match self.field() {
            Some(field) => field.key(event),
            None => self.turn(1),
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.why = None;
        if let Some(field) = self.field() {
            field.paste(text);
        }
    }

    /// Another choice; in a field of text the cursor moves.
    fn turn(&mut self, by: isize) {
        let turned = |value: usize, count: usize| (value as isize + by).rem_euclid(count as isize) as usize;
        match ORDER[self.at] {
            At::Program => self.program = turned(self.program, client::all().len() + 1),
            At::MeasuredOn => self.measured_on = turned(self.measured_on, PLACES.len()),
            At::Security => self.security = turned(self.security, SECURITIES.len()),
            _ => {
                use ratatui::crossterm::event::{KeyCode, KeyModifiers};
                let code = if by < 0 { KeyCode::Left } else { KeyCode::Right };
                if let Some(field) = self.field() {
                    field.key(&KeyEvent::new(code, KeyModifiers::NONE));
                }
            }
        }
    }

    pub(super) fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Up | Action::PartBack => self.at = self.at.saturating_sub(1),
            Action::Down | Action::Part => self.at = (self.at + 1).min(ORDER.len() - 1),
            Action::Left => self.turn(-1),
            Action::Right => self.turn(1),
            Action::Help => return Next::Go(Box::new(Screen::Menu(Menu::help()))),
            Action::Back if self.edits => return Next::Back,
            Action::Back => core.message = Some("Ctrl-C ends".to_owned()),
            Action::Open => match self.account() {
                Ok(account) => {
                    core.shown_program = None;
                    let same = self.edits && self.base.address == account.address;
                    let request = match same {
                        true => Request::edited(account),
                        false => Request { account: Some(account), ..Request::everything() },
                    };
                    return Next::DoAndHome(Effect::Run(Box::new(request)));
                }
                Err((at, why)) => {
                    self.at = ORDER.iter().position(|field| *field == at).unwrap_or(0);
                    self.why = Some(why);
                }
            },
            _ => {}
        }
        Next::Stay
    }

    /// The account, or which field is wrong and why.
    fn account(&self) -> Result<Account, (At, String)> {
        let address = Address::parse(self.address.text()).map_err(|why| (At::Address, why))?;
        let server = self.server.given().map(|server| host_name(&server)).transpose();
        let port = self.port.given().map(|port| port.parse().ok().filter(|port: &u16| *port != 0).ok_or(port));
        let port = port.transpose().map_err(|port| (At::Port, format!("\"{port}\" is no port: 1 to 65535")))?;
        let mut account = self.base.clone();
        account.address = address;
        account.settings = Settings {
            server: server.map_err(|why| (At::Server, why))?,
            port,
            security: SECURITIES[self.security],
            user: self.user.given(),
        };
        account.client = self.program.checked_sub(1).and_then(|index| client::all().get(index)).map(|c| c.id.clone());
        account.measured_on = PLACES[self.measured_on];
        account.error = self.error.given();
        account.ticket = self.ticket.given();
        Ok(account)
    }

    /// What the table knows of the address typed so far.
    fn provider(&self) -> String {
        let Some((_, domain)) = self.address.text().trim().rsplit_once('@') else { return String::new() };
        let domain = domain.to_lowercase();
        if let Some(meant) = spelling::domain_meant(&domain) {
            return format!("Did somebody mean {meant}?");
        }
        let Ok(address) = Address::parse(&format!("x@{domain}")) else { return String::new() };
        match Wanted::from_table(&address) {
            Some(wanted) => {
                let name = wanted.provider().map_or("", |row| &row.name);
                let ways: Vec<String> = wanted
                    .choices
                    .iter()
                    .take(2)
                    .map(|choice| format!("{} with {}", choice.port, choice.security.says()))
                    .collect();
                match wanted.choices.first() {
                    Some(choice) => format!("{name}. It wants {}, {}.", choice.host, ways.join(" or ")),
                    None => format!("{name}. It lets no mail program send."),
                }
            }
            None if domain.contains('.') => {
                "Not in the table: its settings are looked up when the checks start.".to_owned()
            }
            None => String::new(),
        }
    }

    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let title = if self.edits { "What is known of the account" } else { "New case" };
        let body = parts::page(frame, area, core, Place::Form, title, &core.session.runs_as);
        let theme = core.theme;
        let mut lines: Vec<Line<'static>> = Vec::new();
        let mut cursor = None;
        let width = usize::from(body.width).saturating_sub(20).min(60);
        let mut row = |lines: &mut Vec<Line<'static>>, at: At, label: &str, field: &Field| {
            let (shown, column) = field.shown(width);
            let marked = ORDER[self.at] == at;
            if marked {
                cursor = Some((column, lines.len()));
            }
            let mark = if marked { ">" } else { " " };
            lines.push(Line::from_iter([
                Span::styled(format!(" {mark} {label:<13}"), if marked { theme.strong() } else { theme.dim() }),
                Span::raw(format!("[{shown:<width$}]")),
            ]));
        };
        let choice = |lines: &mut Vec<Line<'static>>, at: At, label: &str, text: &str| {
            let marked = ORDER[self.at] == at;
            let mark = if marked { ">" } else { " " };
            lines.push(Line::from_iter([
                Span::styled(format!(" {mark} {label:<13}"), if marked { theme.strong() } else { theme.dim() }),
                Span::styled(
                    format!("< {text} >"),
                    if marked { theme.selected() } else { ratatui::style::Style::new() },
                ),
            ]));
        };
        row(&mut lines, At::Address, "Mail address", &self.address);
        let beside = self.why.clone().unwrap_or_else(|| self.provider());
        let style = if self.why.is_some() { theme.strong() } else { theme.dim() };
        for text in parts::wrapped(theme, &beside, usize::from(body.width).saturating_sub(18), 0) {
            lines.push(Line::styled(format!("{:17}{text}", ""), style));
        }
        lines.push(Line::styled(" Everything below may stay empty. Enter starts.", theme.dim()));
        let program = self.program.checked_sub(1).and_then(|index| client::all().get(index));
        choice(&mut lines, At::Program, "Program", program.map_or("not known yet", |client| &client.name));
        let place = match PLACES[self.measured_on] {
            MeasuredOn::ThisMachine => "this is the machine that sends",
            MeasuredOn::SameNetwork => "another machine in the same network",
            MeasuredOn::Elsewhere => "somewhere else",
        };
        choice(&mut lines, At::MeasuredOn, "Measured on", place);
        row(&mut lines, At::Error, "Error shown", &self.error);
        lines.push(Line::styled(
            format!("{:17}number (0x800CCC0F) or the server's words, as they stand", ""),
            theme.dim(),
        ));
        lines.push(Line::styled(" What the program has NOW (read it there; empty = nobody has looked)", theme.dim()));
        row(&mut lines, At::Server, "Server", &self.server);
        row(&mut lines, At::Port, "Port", &self.port);
        let outlook = program.is_some_and(|client| OLD_OUTLOOK.contains(&client.id.as_str()));
        let security = match (SECURITIES[self.security], outlook) {
            (None, _) => "not looked, or Auto",
            (Some(Security::Implicit), true) => "SSL (SSL/TLS from the start)",
            (Some(Security::Implicit), false) => "SSL/TLS",
            (Some(Security::Starttls), true) => "TLS (STARTTLS)",
            (Some(Security::Starttls), false) => "STARTTLS (TLS)",
            (Some(Security::None), _) => "None",
        };
        choice(&mut lines, At::Security, "Encryption", security);
        row(&mut lines, At::User, "User name", &self.user);
        row(&mut lines, At::Ticket, "Ticket", &self.ticket);
        lines.push(Line::styled(
            " No password here. It is asked for later, once, and only if it can help.",
            theme.dim(),
        ));
        let marked = lines.iter().position(|line| line.to_string().starts_with(" >")).unwrap_or(0);
        let scroll = (marked + 3).saturating_sub(usize::from(body.height)).min(lines.len());
        let count = lines.len();
        parts::scrolled(frame, body, lines, scroll);
        if let Some((column, line)) = cursor {
            let skipped = scroll.min(count.saturating_sub(usize::from(body.height)));
            let y = body.y + u16::try_from(line.saturating_sub(skipped)).unwrap_or(0);
            frame.set_cursor_position(Position::new(body.x + 17 + u16::try_from(column).unwrap_or(0), y));
        }
    }
}

/// Where "SSL" means from the start and "TLS" means STARTTLS.
const OLD_OUTLOOK: [&str; 5] = ["outlook-2003", "outlook-2007", "outlook-2010", "outlook-2013", "outlook-2016"];
