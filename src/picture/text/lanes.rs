//! Ways in text: along the line where they fit, otherwise in columns, otherwise one below the other.

use super::{Line, Part, Pen, part, wrapped};
use crate::picture::{Lane, Stop, Tone, span};
use unicode_width::UnicodeWidthStr;

const START: &str = "PC";

pub(super) fn draw(lanes: &[Lane], width: usize, pen: Pen) -> Vec<Line> {
    let gap = 3;
    let longest = lanes.iter().map(|lane| lane.stops.len()).max().unwrap_or(0);
    let columns: Vec<usize> = (0..longest)
        .map(|hop| {
            let stops = lanes.iter().filter_map(|lane| lane.stops.get(hop));
            stops.map(|stop| pen.name(&stop.name).width().max(took(stop).width())).max().unwrap_or(0)
        })
        .collect();
    let names = lanes.iter().map(|lane| lane.name.width()).max().unwrap_or(0);
    let along = |lane: &Lane| {
        let stops: usize = columns.iter().take(lane.stops.len()).map(|column| column + gap + 2).sum();
        names + 2 + START.width() + stops + gap + 2 + lane.end.width()
    };
    if lanes.iter().all(|lane| along(lane) <= width) {
        return lanes.iter().flat_map(|lane| draw_along(lane, names, &columns, gap, pen)).collect();
    }
    let widest = lanes.iter().flat_map(|lane| &lane.stops).map(|stop| pen.name(&stop.name).width() + 9).max();
    let column = (width.saturating_sub(4) / lanes.len().max(1)).saturating_sub(2);
    if widest.is_none_or(|widest| widest <= column) {
        return draw_columns(lanes, longest, column.min(widest.unwrap_or(0).max(32)), pen);
    }
    let column = widest.map_or(width - 5, |widest| widest.max(32)).min(width - 5);
    lanes.iter().flat_map(|lane| draw_columns(std::slice::from_ref(lane), lane.stops.len(), column, pen)).collect()
}

fn took(stop: &Stop) -> String {
    stop.ms.map_or_else(String::new, span)
}

fn tone(lane: &Lane) -> Tone {
    if lane.arrives { Tone::Good } else { Tone::Bad }
}

/// `587  PC --- 192.168.1.1 --- 10.0.0.1 --x no reply after this`, and the times below.
fn draw_along(lane: &Lane, names: usize, columns: &[usize], gap: usize, pen: Pen) -> Vec<Line> {
    let mut way = format!("{}  {START}", pen.fitted(&lane.name, names));
    let mut times = " ".repeat(way.width());
    let mut short = 0;
    for (stop, column) in lane.stops.iter().zip(columns) {
        let name = pen.name(&stop.name);
        way.push_str(&format!(" {} {name}", pen.across().repeat(gap + short)));
        times.push_str(&" ".repeat((way.width() - name.width()).saturating_sub(times.width())));
        times.push_str(&took(stop));
        short = column.saturating_sub(name.width());
    }
    let line = pen.across().repeat(gap + short - 1);
    let end = match lane.arrives {
        true => vec![part(format!(" {line}{} ", pen.across()), Tone::Good), part(lane.end.as_str(), Tone::Good)],
        false => vec![part(format!(" {line}"), Tone::Plain), part(format!("x {}", lane.end), Tone::Bad)],
    };
    let mut lines = vec![std::iter::once(part(way, Tone::Plain)).chain(end).collect()];
    if lane.stops.iter().any(|stop| stop.ms.is_some()) {
        lines.push(vec![part(times, Tone::Dim)]);
    }
    lines
}

/// A row for each hop, a column for each lane.
fn draw_columns(lanes: &[Lane], longest: usize, column: usize, pen: Pen) -> Vec<Line> {
    let cell = |text: &str, tone: Tone| part(format!("{}  ", pen.fitted(text, column)), tone);
    let row =
        |head: String, cells: Vec<Part>| std::iter::once(part(format!("{head:<4}"), Tone::Dim)).chain(cells).collect();
    let mut lines: Vec<Line> = vec![row(
        String::new(),
        lanes.iter().map(|lane| cell(&format!("{} from this PC", lane.name), Tone::Plain)).collect(),
    )];
    // An end stands where the next stop would be.
    let ends: Vec<Vec<String>> = lanes
        .iter()
        .map(|lane| wrapped(pen, &format!("{} {}", if lane.arrives { "o" } else { "x" }, lane.end), column))
        .collect();
    let rows = lanes.iter().zip(&ends).map(|(lane, end)| lane.stops.len() + end.len()).max().unwrap_or(0);
    for index in 0..rows {
        let cells = lanes.iter().zip(&ends).map(|(lane, end)| match lane.stops.get(index) {
            Some(stop) => {
                let took = took(stop);
                let name = pen.fitted(&stop.name, column.saturating_sub(took.width() + 1));
                cell(&format!("{name} {took}"), Tone::Plain)
            }
            None => cell(end.get(index - lane.stops.len()).map_or("", String::as_str), tone(lane)),
        });
        let head = if index < longest { format!("{:>2}", index + 1) } else { String::new() };
        lines.push(row(head, cells.collect()));
    }
    lines
}
