//! docs/tree.md holds the tree as the pages have it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::guide::graph::{Language, graph};
use mailtriage::session::guide;
use std::path::Path;

#[test]
fn the_picture_is_the_tree() {
    let picture = graph(guide(), Language::Mermaid);
    let text = format!(
        "# The tree\n\nEvery step of the [guide](guide/README.md) and every cause that it can lead to, as `mailtriage guide \
         --graph` draws it\nfrom the pages (`--graph dot` for Graphviz). Each arrow is one or more rows of a table *Decide*; \
         which one is followed,\nthe page says.\n\n```mermaid\n{picture}```\n"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tree.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(kept == text, "docs/tree.md is not the tree: INSTA_UPDATE=always cargo test --test tree draws it again");
    // GitHub draws no more than 500 arrows and 50,000 characters.
    assert!(picture.len() < 50_000 && picture.matches("-->").count() < 500);
}

#[test]
fn graphviz_gets_the_same_tree() {
    let (mermaid, dot) = (graph(guide(), Language::Mermaid), graph(guide(), Language::Dot));
    assert_eq!(mermaid.matches("-->").count(), dot.matches(" -> ").count());
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    for cause in guide().causes() {
        let id = format!("page_causes_{}", cause.replace('-', "_"));
        assert!(mermaid.contains(&format!("--> {id}\n")), "{cause}");
    }
}
