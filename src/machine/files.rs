//! Reading files and folders within bounds: only ordinary files, since a pipe or a device might never end, and no further
//! than a limit. Which files are read, and what is in them, the callers know.

use crate::text::reason;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Opens an ordinary file for reading.
///
/// # Errors
/// It cannot be opened, or it is not an ordinary file. The reason is for people, without the system's number.
pub fn open(path: &Path) -> io::Result<File> {
    opened(path).map_err(|error| io::Error::new(error.kind(), reason(&error)))
}

fn opened(path: &Path) -> io::Result<File> {
    // Asked before, because opening alone can wait (a pipe) or do something (a device); and after, because the name may
    // lead elsewhere by then.
    is_ordinary(&std::fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path)?;
    is_ordinary(&file.metadata()?)?;
    Ok(file)
}

fn is_ordinary(metadata: &std::fs::Metadata) -> io::Result<()> {
    let why = match metadata.is_file() {
        true => return Ok(()),
        false if metadata.is_dir() => "it is a folder",
        false => "it is not an ordinary file",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

/// Reads an ordinary file.
///
/// # Errors
/// It cannot be read, it is not an ordinary file, or it has more than `most` bytes (`FileTooLarge`).
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_open(open(path)?, most)
}

/// Reads an ordinary file that nobody else can have put there: it belongs to this user or to root, and not everybody may
/// write to it. On Windows that is left to the rights of its folder.
///
/// # Errors
/// Those of [`read`]; `PermissionDenied` with the reason if it is somebody else's.
pub fn read_own(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = file.metadata()?;
        let denied = |why: &str| io::Error::new(io::ErrorKind::PermissionDenied, why);
        if metadata.uid() != 0 && metadata.uid() != nix::unistd::geteuid().as_raw() {
            return Err(denied("it belongs to another user"));
        }
        if metadata.mode() & 0o002 != 0 {
            return Err(denied("anybody may write to it"));
        }
    }
    read_open(file, most)
}

fn read_open(file: File, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let limit = if most < MIB { format!("{} KiB", most / 1024) } else { format!("{} MiB", most / MIB) };
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is larger than {limit}")));
    }
    Ok(bytes)
}

/// The names in a folder, sorted; no more than `most` entries are looked at.
pub fn list(folder: &Path, most: usize) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.take(most).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

const MIB: u64 = 1024 * 1024;

/// The bytes without the byte order mark that Windows' editors put before UTF-8.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prefs.js");
        std::fs::write(&path, "12345678").unwrap();
        assert_eq!(read(&path, 8).unwrap(), b"12345678");
        assert_eq!(read(&path, 7).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(read(folder.path(), 8).unwrap_err().to_string().contains("folder"));
        assert_eq!(without_mark(b"\xef\xbb\xbf{}"), b"{}");
    }

    #[test]
    fn folders_are_listed_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", "c"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(list(folder.path(), 9), ["a", "b", "c"]);
        assert_eq!(list(folder.path(), 2).len(), 2);
        assert!(list(&folder.path().join("a"), 9).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn what_everybody_may_write_is_not_ours() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("site.toml");
        std::fs::write(&path, "x").unwrap();
        assert_eq!(read_own(&path, 8).unwrap(), b"x");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(read_own(&path, 8).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }

    /// Each of these would wait, or never end.
    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_device_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let socket = folder.path().join("socket");
        let _listens = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [&pipe, &socket, &link, Path::new("/dev/zero"), Path::new("/dev/tty")] {
            assert!(read(path, 8).unwrap_err().to_string().contains("not an ordinary file"), "{}", path.display());
        }
    }
}
