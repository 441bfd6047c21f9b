//! Packs the texts that are embedded: folders of pages, scenarios and tables, and what else is long. They are compressed, because
//! they are a tenth of the program and are read a few at a time. Unpacked in `packed`. Gives the Windows program its
//! version, icon and manifest.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of each pack, and the file or folder that it is made of.
const PACKS: [(&str, &str); 6] = [
    ("guide", "docs/guide"),
    ("learn", "docs/learn"),
    ("scenarios", "src/practice/scenarios"),
    ("providers", "src/account/providers.toml"),
    ("tables", "src/facts"),
    ("schema", "docs/report.schema.json"),
];
/// miniz_oxide's best.
const LEVEL: u8 = 10;

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    for (name, path) in PACKS {
        println!("cargo:rerun-if-changed={path}");
        let mut texts = Vec::new();
        read(Path::new(path), "", &mut texts)?;
        texts.sort();
        if name == "tables" {
            texts.iter_mut().for_each(|(name, text)| *text = for_the_program(name, text));
        }
        // Each text comes after its name and its length in bytes, each in a line.
        let all: String = texts.iter().map(|(name, text)| format!("{name}\n{}\n{text}", text.len())).collect();
        fs::write(out.join(name).with_extension("pack"), miniz_oxide::deflate::compress_to_vec(all.as_bytes(), LEVEL))?;
    }
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows") {
        dress();
    }
    Ok(())
}

/// Tables, and the keys of their rows that prove these: for tests and for whoever writes a row.
const PROVEN: [(&str, &[&str]); 3] = [
    ("program-errors", &["example", "source"]),
    ("replies", &["example", "server", "source"]),
    ("sense", &["example"]),
];

/// A table as the program needs it: without comments and proofs.
fn for_the_program(name: &str, text: &str) -> String {
    let (_, proofs) = PROVEN.into_iter().find(|(table, _)| *table == name).unwrap_or_default();
    let is_needed = |line: &&str| {
        let key = line.split_once('=').map(|(key, _)| key.trim_end());
        !line.starts_with('#') && key.is_none_or(|key| !proofs.contains(&key))
    };
    text.split_inclusive('\n').filter(is_needed).collect()
}

/// What Windows shows of the program's file, and how it runs it. Needs the resource compiler of the Windows SDK or of MinGW;
/// without either the program is the same, but has no icon, and long paths depend on the system's settings.
fn dress() {
    println!("cargo:rerun-if-changed=windows");
    let mut resource = winresource::WindowsResource::new();
    resource.set_icon("windows/mailtriage.ico").set_manifest_file("windows/mailtriage.manifest");
    resource.set("LegalCopyright", "MIT OR Apache-2.0");
    resource.set("OriginalFilename", "mailtriage.exe");
    if let Err(why) = resource.compile_for("mailtriage") {
        println!("cargo:warning=the program gets no version, icon and manifest: {why}");
    }
}

/// The texts of a file or of all files of a folder and its folders, named `folder/file` without the extension.
fn read(path: &Path, below: &str, texts: &mut Vec<(String, String)>) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let entry = entry?.path();
            let name = entry.file_stem().unwrap_or_default().to_string_lossy();
            read(&entry, &if below.is_empty() { name.into_owned() } else { format!("{below}/{name}") }, texts)?;
        }
        return Ok(());
    }
    let is_text =
        path.extension().is_some_and(|extension| extension == "md" || extension == "toml" || extension == "json");
    if is_text {
        // A checkout on Windows may have changed the line ends.
        texts.push((below.to_owned(), fs::read_to_string(path)?.replace("\r\n", "\n")));
    }
    Ok(())
}
