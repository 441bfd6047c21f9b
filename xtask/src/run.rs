//! Running other programs, and files: small helpers.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A program by its name. What it says is the same everywhere.
pub fn tool(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command
}

/// The cargo that runs this.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs it to its end; what it said on standard output. It failed: everything that it said.
pub fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ended = command.output().map_err(|why| format!("{name} could not be started: {why}"))?;
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    match ended.status.success() {
        true => Ok(said),
        false => {
            Err(format!("{command:?} failed ({}):\n{said}{}", ended.status, String::from_utf8_lossy(&ended.stderr))
                .into())
        }
    }
}

/// Whether a file has no more than so many bytes.
pub fn within(file: &Path, most: u64) -> Result<()> {
    let bytes = file.metadata()?.len();
    println!("{}: {bytes} bytes, at most {most}", file.display());
    if bytes <= most { Ok(()) } else { Err(format!("{} is too large", file.display()).into()) }
}

/// Copies a file into a folder that is made if need be, with these rights.
pub fn install(from: &Path, to: &Path, mode: u32) -> Result<()> {
    write(to, &fs::read(from).map_err(|why| format!("{}: {why}", from.display()))?, mode)
}

/// Writes a file into a folder that is made if need be, with these rights.
pub fn write(to: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(to.parent().ok_or("no folder")?)?;
    fs::write(to, bytes)?;
    Ok(fs::set_permissions(to, fs::Permissions::from_mode(mode))?)
}

/// All files and folders below a folder, sorted, by their paths from there.
pub fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            found.push(path.strip_prefix(root)?.to_owned());
            if path.is_dir() && !path.is_symlink() {
                walk(root, &path, found)?;
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found)?;
    found.sort();
    Ok(found)
}

/// Gives everything below a folder the same time and usual rights, so that an archive of it is the same every time.
pub fn settle(folder: &Path, epoch: u64) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(epoch);
    let mut paths = below(folder)?;
    paths.push(PathBuf::new());
    for path in paths.iter().rev().map(|path| folder.join(path)) {
        if path.is_dir() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        fs::File::open(&path)?.set_modified(at)?;
    }
    Ok(())
}
