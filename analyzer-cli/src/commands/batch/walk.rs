//! What a folder or an archive holds, by name.
//!
//! Hidden files are captures as others are. A link to a file or a folder elsewhere is followed; one that leads back into
//! what is read anyway is passed over, so that nothing is read twice and no loop is entered. What is no file (a pipe, a
//! device) is never opened.

use super::source::{Origin, Source, failure};
use analyzer_formats::ReadOptions;
use analyzer_formats::archive::{Archive, MemberKind};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How archives are opened.
pub(super) struct Opening<'a> {
    pub(super) options: &'a ReadOptions,
    /// Where packed archives are unpacked.
    pub(super) spool: &'a Path,
}

/// What was found, sorted by name, and what was passed over.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) sources: Vec<Source>,
    pub(super) passed_over: Vec<String>,
}

/// Looks through a folder or an archive.
///
/// # Errors
/// When it is neither, or cannot be read at all.
pub(super) fn walk(root: &Path, opening: &Opening<'_>) -> Result<Found> {
    let shown = root.display();
    let metadata = fs::metadata(root).with_context(|| format!("{shown}: cannot be read"))?;
    if !metadata.is_dir() {
        let mut sources = Vec::new();
        if !metadata.is_file() || !add_members(root, "", opening, &mut sources) {
            bail!("{shown}: expected a folder or an archive of captures; plateau diff compares two captures");
        }
        if let [Source { origin: Origin::Broken(failure), .. }] = &sources[..] {
            bail!("{shown}: {}", failure.text);
        }
        sources.sort_by(|one, other| (&one.name, &one.shown).cmp(&(&other.name, &other.shown)));
        return Ok(Found { sources, passed_over: Vec::new() });
    }
    let entries = fs::read_dir(root).with_context(|| format!("{shown}: cannot be read"))?;
    drop(entries);
    let mut walk = Walk::default();
    walk.folder(root, String::new());
    // Links come last: what they lead to may be read under its own name.
    while let Some(((name, path), target)) = walk.links.pop_first() {
        walk.link(&name, &path, target);
    }
    let mut found = Found { sources: Vec::new(), passed_over: walk.passed_over };
    for (name, path) in walk.files {
        if !add_members(&path, &format!("{name}/"), opening, &mut found.sources) {
            let shown = path.display().to_string();
            found.sources.push(Source { name, shown, origin: Origin::File(path) });
        }
    }
    found.sources.extend(walk.broken);
    found.sources.sort_by(|one, other| (&one.name, &one.shown).cmp(&(&other.name, &other.shown)));
    found.passed_over.sort();
    Ok(found)
}

#[derive(Default)]
struct Walk {
    files: BTreeMap<String, PathBuf>,
    broken: Vec<Source>,
    /// Links that are yet to be followed, and what they lead to.
    links: BTreeMap<(String, PathBuf), PathBuf>,
    /// Folders that are looked through, without links.
    roots: BTreeSet<PathBuf>,
    passed_over: Vec<String>,
}

impl Walk {
    /// Looks through a folder and all below it.
    fn folder(&mut self, root: &Path, name: String) {
        if let Ok(canonical) = fs::canonicalize(root) {
            self.roots.insert(canonical);
        }
        let mut folders = vec![(root.to_owned(), name)];
        while let Some((folder, prefix)) = folders.pop() {
            let entries = fs::read_dir(&folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
            let entries = match entries {
                Ok(entries) => entries,
                Err(error) => {
                    self.broken(
                        prefix,
                        &folder,
                        "unreadable",
                        format!("a folder that cannot be read: {error}"),
                    );
                    continue;
                }
            };
            for entry in entries {
                let (path, part) = (entry.path(), text(entry.file_name().as_encoded_bytes()));
                let name = if prefix.is_empty() { part } else { format!("{prefix}/{part}") };
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push((path, name)),
                    Ok(kind) if kind.is_symlink() => match fs::canonicalize(&path) {
                        Ok(target) => {
                            self.links.insert((name, path), target);
                        }
                        Err(error) => self.broken(
                            name,
                            &path,
                            "unreadable",
                            format!("a link that cannot be followed: {error}"),
                        ),
                    },
                    Ok(kind) if kind.is_file() => self.file(name, path),
                    Ok(_) => self.special(name, &path),
                    Err(error) => self.broken(name, &path, "unreadable", error.to_string()),
                }
            }
        }
    }

    fn link(&mut self, name: &str, path: &Path, target: PathBuf) {
        let is_within = self.roots.iter().any(|root| target.starts_with(root));
        let is_around = self.roots.iter().any(|root| root.starts_with(&target));
        if is_within || is_around {
            let why = if is_around {
                "leads around in a circle"
            } else {
                "leads to what is read under its own name"
            };
            self.passed_over.push(format!("{}: a link that {why}; passed over", path.display()));
            return;
        }
        match fs::metadata(&target) {
            Ok(metadata) if metadata.is_dir() => self.folder(path, name.to_owned()),
            Ok(metadata) if metadata.is_file() => self.file(name.to_owned(), path.to_owned()),
            Ok(_) => self.special(name.to_owned(), path),
            Err(error) => self.broken(name.to_owned(), path, "unreadable", error.to_string()),
        }
    }

    fn file(&mut self, name: String, path: PathBuf) {
        self.files.insert(name, path);
    }

    fn special(&mut self, name: String, path: &Path) {
        let what = fs::metadata(path).map_or("no file", |metadata| kind(&metadata));
        self.broken(name, path, "not_a_file", format!("is {what}, expected a capture file"));
    }

    fn broken(&mut self, name: String, path: &Path, code: &str, text: String) {
        self.broken.push(Source::broken(name, path.display().to_string(), code, text));
    }
}

/// What stands there instead of a file.
pub(super) fn kind(metadata: &fs::Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if metadata.is_dir() { "a folder" } else { "no ordinary file" }
}

/// The members of an archive, named below `prefix`; whether the file is one. Folders in it are no captures, and of
/// whatever else is there and cannot be read there is a row.
fn add_members(path: &Path, prefix: &str, opening: &Opening<'_>, sources: &mut Vec<Source>) -> bool {
    let shown = path.display().to_string();
    let whole = || prefix.strip_suffix('/').unwrap_or(&shown).to_owned();
    let archive = match Archive::open(path, opening.options, opening.spool) {
        Ok(None) => return false,
        Ok(Some(archive)) => Arc::new(archive),
        Err(error) => {
            let origin = Origin::Broken(failure(&shown, &error));
            sources.push(Source { name: whole(), shown, origin });
            return true;
        }
    };
    for (at, member) in archive.members().iter().enumerate() {
        if member.kind == MemberKind::Other("a directory") {
            continue;
        }
        sources.push(Source {
            name: format!("{prefix}{}", member.name),
            shown: format!("{shown}!{}", member.unique_name()),
            origin: Origin::Member(Arc::clone(&archive), at),
        });
    }
    if let Some(fault) = archive.fault() {
        let origin = Origin::Broken(failure(&shown, fault));
        sources.push(Source { name: whole(), shown, origin });
    }
    true
}

/// A name of a file as text. What is no UTF-8 is written as `\xff`, so that two names never become one.
fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}
