//! What is in the program: a bill of materials next to it (CycloneDX 1.5), and the list of its packages inside it, as
//! cargo-auditable embeds it (<https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md>), so that
//! `cargo audit bin` tells of a program in the field whether it has a known vulnerability.

use super::project::Project;
use super::run::{Result, run, tool};
use super::windows;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Where the list of packages is.
const SECTION: &str = ".dep-v0";

/// A package that is linked into the program, or runs when it is built.
struct Part<'a> {
    package: &'a Value,
    /// Only when it is built: a build script's, or a procedural macro.
    only_build: bool,
    needs: BTreeSet<&'a str>,
}

/// Writes the bill of materials.
pub fn bill_of_materials(project: &Project, dist: &Path) -> Result<()> {
    let parts = parts(project)?;
    let sums = checksums(project)?;
    let component = |part: &Part<'_>| {
        let (name, version) = (word(part.package, "name"), word(part.package, "version"));
        let mut fields = Map::new();
        let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        set("type", json!("library"));
        set("bom-ref", json!(purl(part.package)));
        set("name", json!(name));
        set("version", json!(version));
        set("purl", json!(purl(part.package)));
        if part.only_build {
            set("scope", json!("excluded"));
        }
        if let Some(license) = part.package["license"].as_str() {
            set("licenses", json!([{ "expression": license.replace('/', " OR ") }]));
        }
        if let Some(sum) = sums.get(&(name.to_owned(), version.to_owned())) {
            set("hashes", json!([{ "alg": "SHA-256", "content": sum }]));
        }
        Value::Object(fields)
    };
    let (own, others): (Vec<&Part<'_>>, Vec<&Part<'_>>) =
        parts.values().partition(|part| word(part.package, "name") == project.name);
    let own = own.first().ok_or("the program is not among its parts")?;
    let mut program = component(own);
    program["type"] = json!("application");
    let needs = parts.values().map(|part| {
        let needs: Vec<String> = part.needs.iter().map(|id| purl(parts[id].package)).collect();
        json!({ "ref": purl(part.package), "dependsOn": needs })
    });
    let bill = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "timestamp": project.date("+%Y-%m-%dT%H:%M:%SZ")?, "component": program },
        "components": others.into_iter().map(component).collect::<Vec<_>>(),
        "dependencies": needs.collect::<Vec<_>>(),
    });
    let file = dist.join(format!("{}-{}.cdx.json", project.name, project.version));
    Ok(fs::write(file, serde_json::to_string_pretty(&bill)? + "\n")?)
}

/// Puts the list of packages into a program, by this objcopy.
pub fn embed(project: &Project, program: &Path, objcopy: &str) -> Result<()> {
    let parts = parts(project)?;
    // The order of the format: by name and version; dependencies are numbers in that order.
    let mut ids: Vec<&str> = parts.keys().copied().collect();
    ids.sort_by_key(|id| (word(parts[id].package, "name"), word(parts[id].package, "version")));
    let packages = ids.iter().map(|id| {
        let part = &parts[id];
        let mut fields = Map::new();
        fields.insert("name".to_owned(), json!(word(part.package, "name")));
        fields.insert("version".to_owned(), json!(word(part.package, "version")));
        fields.insert("source".to_owned(), json!(if part.package["source"].is_null() { "local" } else { "crates.io" }));
        if part.only_build {
            fields.insert("kind".to_owned(), json!("build"));
        }
        let needs: Vec<usize> =
            ids.iter().enumerate().filter(|(_, id)| part.needs.contains(**id)).map(|(at, _)| at).collect();
        if !needs.is_empty() {
            fields.insert("dependencies".to_owned(), json!(needs));
        }
        if word(part.package, "name") == project.name {
            fields.insert("root".to_owned(), json!(true));
        }
        Value::Object(fields)
    });
    let list = json!({ "packages": packages.collect::<Vec<_>>(), "format": 1 });
    let packed = program.with_extension("dep-v0");
    fs::write(&packed, miniz_oxide::deflate::compress_to_vec_zlib(list.to_string().as_bytes(), 9))?;
    let section = format!("{SECTION}={}", packed.display());
    let flags = format!("{SECTION}=readonly,data");
    let mut command = tool(objcopy);
    // Without the dates, a Windows program would get today's.
    command.args(["--preserve-dates", "--add-section", &section, "--set-section-flags", &flags]);
    if objcopy == windows::OBJCOPY {
        // Windows loads every section, and refuses a program with one that is not after the others.
        command.args(["--change-section-address", &format!("{SECTION}={:#x}", end(program)?)]);
    }
    run(command.arg(program))?;
    Ok(fs::remove_file(packed)?)
}

/// The first page after all sections of a Windows program.
fn end(program: &Path) -> Result<u64> {
    const PAGE: u64 = 0x1000;
    let said = run(tool(&windows::OBJCOPY.replace("objcopy", "objdump")).args(["-h", "-w"]).arg(program))?;
    let ends = said.lines().filter_map(|line| {
        let [number, _, size, address, ..] = line.split_whitespace().collect::<Vec<_>>()[..] else { return None };
        number.parse::<u32>().ok()?;
        Some(u64::from_str_radix(size, 16).ok()? + u64::from_str_radix(address, 16).ok()?)
    });
    Ok(ends.max().ok_or("objdump shows no section")?.next_multiple_of(PAGE))
}

/// Reads the list of packages out of a program: how many there are.
pub fn embedded(program: &Path, objcopy: &str) -> Result<usize> {
    let (packed, copy) = (program.with_extension("dep-v0"), program.with_extension("copy"));
    let section = format!("{SECTION}={}", packed.display());
    run(tool(objcopy).args(["--dump-section", &section]).arg(program).arg(&copy))?;
    fs::remove_file(copy)?;
    let bytes = fs::read(&packed)?;
    fs::remove_file(packed)?;
    let list = miniz_oxide::inflate::decompress_to_vec_zlib(&bytes).map_err(|why| format!("{SECTION}: {why}"))?;
    let list: Value = serde_json::from_slice(&list)?;
    Ok(list["packages"].as_array().ok_or("no packages")?.len())
}

/// What the program is made of, on all systems, by package ids: whatever can be reached from it without dev-dependencies.
fn parts(project: &Project) -> Result<BTreeMap<&str, Part<'_>>> {
    let metadata = &project.metadata;
    let list = |value: &'_ Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .ok_or("no packages")?
        .iter()
        .map(|package| (word(package, "id"), package))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .ok_or("no dependencies")?
        .iter()
        .map(|node| (word(node, "id"), node))
        .collect();
    let is_macro = |package: &Value| {
        list(&package["targets"]).iter().any(|target| list(&target["kind"]).contains(&json!("proc-macro")))
    };
    let root = packages.iter().find(|(_, package)| word(package, "name") == project.name).ok_or("no program")?.0;
    let mut parts: BTreeMap<&str, Part<'_>> = BTreeMap::new();
    let mut next = vec![(*root, false)];
    while let Some((id, only_build)) = next.pop() {
        let package = packages[id];
        let only_build = only_build || is_macro(package);
        match parts.get_mut(id) {
            // What is linked as well is linked.
            Some(known) if known.only_build && !only_build => known.only_build = false,
            Some(_) => continue,
            None => drop(parts.insert(id, Part { package, only_build, needs: BTreeSet::new() })),
        }
        for dependency in nodes[id]["deps"].as_array().into_iter().flatten() {
            let kinds: Vec<&str> =
                dependency["dep_kinds"].as_array().into_iter().flatten().map(|kind| word(kind, "kind")).collect();
            if kinds.iter().all(|kind| *kind == "dev") {
                continue;
            }
            let other = word(dependency, "pkg");
            if let Some(part) = parts.get_mut(id) {
                part.needs.insert(other);
            }
            next.push((other, only_build || !kinds.contains(&"")));
        }
    }
    Ok(parts)
}

/// The checksums of Cargo.lock, by name and version.
fn checksums(project: &Project) -> Result<BTreeMap<(String, String), String>> {
    let lock = fs::read_to_string(project.root.join("Cargo.lock"))?;
    let packages = lock.split("[[package]]").filter_map(|package| {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
            Some(line.trim_end_matches('"').to_owned())
        };
        Some(((value("name")?, value("version")?), value("checksum")?))
    });
    Ok(packages.collect())
}

/// A text of a JSON object; empty if it is not there.
pub fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn purl(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", word(package, "name"), word(package, "version"))
}
