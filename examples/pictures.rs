//! Draws the README's pictures: real screens over sessions measured in the practice lab, as SVG; and one whole case, as an
//! SVG that moves.
//!
//!     cargo run --example pictures          writes docs/pictures/*.svg

#![allow(clippy::unwrap_used, reason = "a tool for developers: a panic is the message")]

use mailtriage::cli::{job, run_to_end};
use mailtriage::practice::scenario;
use mailtriage::session::Session;
use mailtriage::session::run::State;
use mailtriage::tui::app::App;
use mailtriage::tui::run::draw;
use mailtriage::tui::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Color, Modifier};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Its name, the scenario, its size in characters, the keys that lead there.
type Picture = (&'static str, &'static str, (u16, u16), &'static [KeyCode]);

const CELL: (f32, f32) = (8.4, 18.0);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    const PICTURES: [Picture; 3] = [
        ("dashboard", "587-silent", (100, 30), &[]),
        ("diagnosis", "587-silent", (100, 30), &[KeyCode::Enter]),
        ("question", "no-password", (100, 24), &[KeyCode::Char('a')]),
    ];
    for (name, of, size, keys) in PICTURES {
        let mut app = dashboard(measured(of).await, 6_200);
        press(&mut app, keys);
        let drawn = draw_at(&mut app, size);
        write(name, svg(size, &cells(&drawn)));
    }
    write("case", case(&measured("587-silent").await));
}

async fn measured(of: &str) -> Session {
    let mut job = job(&scenario(of).unwrap()).unwrap();
    job.account.client = Some("outlook-2019".to_owned());
    run_to_end(job, BTreeMap::new()).await
}

fn dashboard(session: Session, elapsed_ms: u64) -> App {
    let mut app = App::dashboard(session, Theme { plain: false, ..Theme::default() });
    app.core.elapsed_ms = elapsed_ms;
    app
}

fn press(app: &mut App, keys: &[KeyCode]) {
    for key in keys {
        let _ = app.input(&Event::Key(KeyEvent::new(*key, KeyModifiers::NONE)));
    }
}

fn draw_at(app: &mut App, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    draw(&mut terminal, app).unwrap();
    terminal.backend().buffer().clone()
}

fn write(name: &str, text: String) {
    std::fs::write(format!("docs/pictures/{name}.svg"), text).unwrap();
}

/// A case from the start to the report: what the screen shows while checks run, and after each key; one after the other.
fn case(session: &Session) -> String {
    const SIZE: (u16, u16) = (100, 30);
    const SHOWN: f32 = 2.5;
    let mut scenes: Vec<(String, Buffer)> = Vec::new();
    for at_ms in [60, 700, 2_500] {
        let caption = format!("mailtriage anna@example.com: after {:.1} s", at_ms as f32 / 1000.0);
        scenes.push((caption, draw_at(&mut dashboard(so_far(session, at_ms), at_ms), SIZE)));
    }
    let mut app = dashboard(session.clone(), 4_500);
    scenes.push(("the verdict".to_owned(), draw_at(&mut app, SIZE)));
    let steps: [(&str, &[KeyCode]); 4] = [
        ("Enter: what to click, in this Outlook", &[KeyCode::Enter]),
        ("Esc, Tab, Tab, Enter: how it was found", &[KeyCode::Esc, KeyCode::Tab, KeyCode::Tab, KeyCode::Enter]),
        ("Esc, s: the report is saved", &[KeyCode::Esc, KeyCode::Char('s')]),
        ("F2: what its reader will see first", &[KeyCode::F(2)]),
    ];
    for (caption, keys) in steps {
        press(&mut app, keys);
        scenes.push((caption.to_owned(), draw_at(&mut app, SIZE)));
    }
    let whole = SHOWN * scenes.len() as f32;
    let share = 100.0 / scenes.len() as f32;
    let mut drawn = format!(
        "<style>.s{{visibility:hidden;animation:s {whole}s step-end infinite}}\
         @keyframes s{{0%{{visibility:visible}}{share:.3}%{{visibility:hidden}}}}\
         @media (prefers-reduced-motion:reduce){{.s{{animation:none}}.s.verdict{{visibility:visible}}}}</style>\n"
    );
    for (index, (caption, buffer)) in scenes.iter().enumerate() {
        let class = if caption == "the verdict" { "s verdict" } else { "s" };
        let (delay, below) = (SHOWN * index as f32, 14.0 + f32::from(SIZE.1) * CELL.1 + 18.0);
        let _ = writeln!(drawn, "<g class=\"{class}\" style=\"animation-delay:{delay}s\">{}", cells(buffer));
        let _ = writeln!(drawn, "<text x=\"12\" y=\"{below:.1}\" fill=\"#6fc3d6\">{}</text></g>", escaped(caption));
    }
    svg((SIZE.0, SIZE.1 + 2), &drawn)
}

/// The session as it stood this long after its beginning.
fn so_far(session: &Session, at_ms: u64) -> Session {
    let mut session = session.clone();
    let Some(run) = session.runs.last_mut() else { return session };
    run.finished = None;
    for check in &mut run.checks {
        let State::Done(finding) = &check.state else { continue };
        let (began, ended) = (finding.started_ms, finding.started_ms + finding.elapsed_ms);
        if ended > at_ms {
            check.state = if began > at_ms { State::Waiting } else { State::Running(began) };
            check.facts.clear();
        }
    }
    session
}

fn svg(size: (u16, u16), inside: &str) -> String {
    let (width, height) = (f32::from(size.0) * CELL.0 + 24.0, f32::from(size.1) * CELL.1 + 24.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\">\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n{inside}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The characters of a screen, each run of one look in an element.
fn cells(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let mut out = String::new();
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let cell = &buffer[(column, row)];
            let mut text = String::new();
            let start = column;
            while column < columns && looks_like(&buffer[(column, row)], cell) {
                text.push_str(buffer[(column, row)].symbol());
                column += 1;
            }
            if text.trim().is_empty() && !cell.modifier.contains(Modifier::REVERSED) {
                continue;
            }
            let (x, y) = (12.0 + f32::from(start) * CELL.0, 12.0 + f32::from(row) * CELL.1);
            let length = f32::from(column - start) * CELL.0;
            let mut colour = colour(cell);
            if cell.modifier.contains(Modifier::REVERSED) {
                let height = CELL.1;
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{height}\" fill=\"{colour}\"/>"
                );
                colour = "#16181d";
            }
            let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"700\"" } else { "" };
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{colour}\"{weight} textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{}</text>",
                y + 13.5,
                escaped(&text)
            );
        }
    }
    out
}

fn looks_like(a: &Cell, b: &Cell) -> bool {
    a.fg == b.fg && a.modifier == b.modifier
}

fn colour(cell: &Cell) -> &'static str {
    match cell.fg {
        Color::Green => "#7ec77e",
        Color::Red => "#f2837b",
        Color::Yellow => "#e5c07b",
        Color::Cyan => "#6fc3d6",
        _ if cell.modifier.contains(Modifier::DIM) => "#8b93a1",
        _ => "#dfe3ea",
    }
}
