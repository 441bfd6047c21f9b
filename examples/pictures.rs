//! Draws the README's pictures: real screens over sessions measured in the practice lab, as SVG.
//!
//!     cargo run --example pictures          writes docs/pictures/*.svg

#![allow(clippy::unwrap_used, reason = "a tool for developers: a panic is the message")]

use mailtriage::cli::{job, run_to_end};
use mailtriage::practice::scenario;
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
        let mut job = job(&scenario(of).unwrap()).unwrap();
        job.account.client = Some("outlook-2019".to_owned());
        let session = run_to_end(job, BTreeMap::new()).await;
        let mut app = App::dashboard(session, Theme { plain: false, ..Theme::default() });
        app.core.elapsed_ms = 6_200;
        for key in keys {
            let _ = app.input(&Event::Key(KeyEvent::new(*key, KeyModifiers::NONE)));
        }
        let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
        draw(&mut terminal, &mut app).unwrap();
        std::fs::write(format!("docs/pictures/{name}.svg"), svg(terminal.backend().buffer())).unwrap();
    }
}

fn svg(buffer: &Buffer) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (f32::from(columns) * CELL.0 + 24.0, f32::from(rows) * CELL.1 + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\">\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
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
                let _ = write!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                    CELL.1
                );
                colour = "#16181d";
            }
            let weight = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"700\"" } else { "" };
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{:.1}\" fill=\"{colour}\"{weight} textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\">{text}</text>",
                y + 13.5
            );
        }
    }
    out.push_str("</svg>\n");
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
