//! Rebuilds when a page or a scenario is added: for folders that are embedded, cargo otherwise notices only changes to
//! known files.

fn main() {
    for folder in ["docs/guide", "docs/learn", "src/practice/scenarios"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
