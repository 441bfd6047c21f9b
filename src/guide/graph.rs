//! The tree as a picture: every step and cause, and which leads to which, in the languages of Mermaid and Graphviz.
//! Drawn from the pages alone.

use super::{Guide, Step};
use std::fmt::Write;

/// The language of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// <https://mermaid.js.org>, which many Markdown viewers draw.
    Mermaid,
    /// <https://graphviz.org>.
    Dot,
}

/// The picture of a guide.
pub fn graph(guide: &Guide, language: Language) -> String {
    let mut out = match language {
        Language::Mermaid => "flowchart LR\n".to_owned(),
        Language::Dot => "digraph guide {\n  rankdir=LR;\n  node [shape=box];\n".to_owned(),
    };
    for Step { name, pages } in guide.steps() {
        let _ = match language {
            Language::Mermaid => writeln!(out, "  subgraph {} [\"{name}\"]", id("step", name)),
            Language::Dot => writeln!(out, "  subgraph {} {{\n    label=\"{name}\";", id("cluster", name)),
        };
        for page in pages {
            node(&mut out, language, "    ", page, guide.page(page).map_or("", |page| &page.text.title));
        }
        out.push_str(if language == Language::Mermaid { "  end\n" } else { "  }\n" });
    }
    for cause in guide.causes() {
        node(&mut out, language, "  ", &format!("causes/{cause}"), guide.headline(cause));
    }
    let arrow = if language == Language::Mermaid { "-->" } else { "->" };
    let steps = guide.steps().iter().flat_map(|step| step.pages.iter().cloned());
    for from in steps.chain(guide.causes().iter().map(|cause| format!("causes/{cause}"))) {
        let mut to: Vec<&str> = Vec::new();
        for rule in guide.page(&from).into_iter().flat_map(|page| &page.rules).filter(|rule| rule.then != from) {
            if !to.contains(&rule.then.as_str()) {
                to.push(&rule.then);
                let end = if language == Language::Mermaid { "" } else { ";" };
                let _ = writeln!(out, "  {} {arrow} {}{end}", id("page", &from), id("page", &rule.then));
            }
        }
    }
    if language == Language::Dot {
        out.push_str("}\n");
    }
    out
}

fn node(out: &mut String, language: Language, indent: &str, page: &str, title: &str) {
    let (id, is_cause) = (id("page", page), page.starts_with("causes/"));
    let _ = match language {
        Language::Mermaid => {
            let title = title.replace('"', "#quot;");
            let (open, close) = if is_cause { ("([", "])") } else { ("[", "]") };
            writeln!(out, "{indent}{id}{open}\"{title}\"{close}")
        }
        Language::Dot => {
            let title = title.replace('\\', "\\\\").replace('"', "\\\"");
            let shape = if is_cause { ", style=rounded" } else { "" };
            writeln!(out, "{indent}{id} [label=\"{title}\"{shape}];")
        }
    };
}

/// A name that both languages take: letters, digits and underscores, and no word of theirs.
fn id(kind: &str, name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{kind}_{name}")
}
