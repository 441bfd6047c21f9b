//! Spans of time in text: a line for each, with its state, its name, and how long it took.

use super::{Line, Pen, part};
use crate::picture::{Bar, Bars, Tone, span};
use unicode_width::UnicodeWidthStr;

/// Room for the state, and for how long it took.
const STATE: usize = 6;
const TOOK: usize = 8;

pub(super) fn draw(bars: &Bars, width: usize, pen: Pen) -> Vec<Line> {
    let names = bars.rows.iter().map(|bar| pen.name(&bar.name).width()).max().unwrap_or(0).min(width * 2 / 5).min(22);
    let room = width.saturating_sub(STATE + names + 2 + TOOK).max(4);
    let scale = Scale { until_ms: bars.until_ms, room };
    let mut lines = vec![vec![part(format!("{}{}", " ".repeat(STATE + names + 1), scale.axis()), Tone::Dim)]];
    lines.extend(bars.rows.iter().map(|bar| {
        let took = bar.span.map_or_else(String::new, |(from, until)| span(until - from));
        vec![
            part(format!("{:<STATE$}", bar.word), bar.tone),
            part(format!("{} ", pen.fitted(&bar.name, names)), Tone::Plain),
            part(drawn(bar, scale, pen), bar.tone),
            part(format!(" {took:>0$}", TOOK - 1), Tone::Dim),
        ]
    }));
    lines
}

#[derive(Clone, Copy)]
struct Scale {
    until_ms: u64,
    room: usize,
}

impl Scale {
    /// The column in which a moment is.
    fn column(self, at: u64) -> usize {
        let last = self.room - 1;
        let column = u128::from(at) * last as u128 / u128::from(self.until_ms.max(1));
        usize::try_from(column).map_or(last, |column| column.min(last))
    }

    /// The beginning, the middle and the end, as far as there is room for them.
    fn axis(self) -> String {
        let end = span(self.until_ms);
        let middle = span(self.until_ms / 2);
        let mut axis = "0".to_owned();
        if self.room > 2 * (middle.width() + end.width() + 2) {
            axis.push_str(&" ".repeat(self.room / 2 - 1));
            axis.push_str(&middle);
        }
        axis.push_str(&" ".repeat(self.room.saturating_sub(axis.width() + end.width())));
        axis.push_str(&end);
        axis
    }
}

fn drawn(bar: &Bar, scale: Scale, pen: Pen) -> String {
    let Some((from, until)) = bar.span else { return " ".repeat(scale.room) };
    let ticks: Vec<usize> = bar.ticks.iter().map(|at| scale.column((*at).clamp(from, until))).collect();
    let (from, until) = (scale.column(from), scale.column(until));
    let mark = |column: usize| match column {
        column if ticks.contains(&column) => pen.tick(),
        column if (from..=until).contains(&column) => pen.bar(),
        _ => " ",
    };
    (0..scale.room).map(mark).collect()
}
