//! Builds anew when a page or a scenario is added: what is embedded by folder is otherwise looked at only where a known
//! file changes.

fn main() {
    for folder in ["docs/guide", "docs/learn", "src/practice/scenarios"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
