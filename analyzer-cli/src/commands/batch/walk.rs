//! What a folder or an archive holds, by name.
//!
//! Hidden files are captures as others are. A link to a file or a folder elsewhere is followed; one that leads back into
//! what is read anyway is passed over, so that nothing is read twice and no loop is entered. What is no file (a pipe, a
//! device) is never opened. In an archive the last member of a name stands, as when it is unpacked, and links that are not
//! hard are not followed.

use super::source::{Origin, Source, failure};
use analyzer_formats::ReadOptions;
use analyzer_formats::archive::{Archive, Member, MemberKind, Spool, escape_name};
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
    pub(super) spool: Arc<Spool>,
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
    let mut found = Found::default();
    if !metadata.is_dir() {
        if !metadata.is_file() || !add_members(root, "", opening, &mut found) {
            bail!("{shown}: expected a folder or an archive of captures; plateau diff compares two captures");
        }
        if let [Source { origin: Origin::Broken(failure), .. }] = &found.sources[..] {
            bail!("{shown}: {}", failure.text);
        }
        return Ok(found.sorted());
    }
    let entries = fs::read_dir(root).with_context(|| format!("{shown}: cannot be read"))?;
    drop(entries);
    let mut walk = Walk::default();
    walk.folder(root, String::new());
    // Links come last: what they lead to may be read under its own name.
    while let Some(((name, path), target)) = walk.links.pop_first() {
        walk.link(&name, &path, target);
    }
    found.passed_over = walk.passed_over;
    for (name, path) in walk.files {
        found.add(name, path, opening);
    }
    found.sources.extend(walk.broken);
    Ok(found.sorted())
}

impl Found {
    /// Adds a file, or what it holds where it is an archive.
    pub(super) fn add(&mut self, name: String, path: PathBuf, opening: &Opening<'_>) {
        if !add_members(&path, &format!("{name}/"), opening, self) {
            let shown = escape_name(path.as_os_str().as_encoded_bytes());
            self.sources.push(Source { name, shown, origin: Origin::File(path) });
        }
    }

    pub(super) fn sorted(mut self) -> Found {
        self.sources.sort_by(|one, other| (&one.name, &one.shown).cmp(&(&other.name, &other.shown)));
        self.passed_over.sort();
        self
    }
}

#[derive(Default)]
struct Walk {
    files: Vec<(String, PathBuf)>,
    broken: Vec<Source>,
    /// Links that are yet to be followed, and what they lead to.
    links: BTreeMap<(String, PathBuf), PathBuf>,
    /// Folders that are looked through, without links; what was asked for first of all.
    roots: Vec<PathBuf>,
    /// What links were followed to.
    followed: BTreeSet<PathBuf>,
    passed_over: Vec<String>,
}

impl Walk {
    /// Looks through a folder and all below it.
    fn folder(&mut self, root: &Path, name: String) {
        if let Ok(canonical) = fs::canonicalize(root) {
            self.roots.push(canonical);
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
                let (path, part) = (entry.path(), escape_name(entry.file_name().as_encoded_bytes()));
                let name = if prefix.is_empty() { part } else { format!("{prefix}/{part}") };
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && self.is_root(&path) => {
                        let why = "a folder that is read where a link leads to it; passed over";
                        self.passed_over.push(format!("{}: {why}", path.display()));
                    }
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
        let stands_in = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
        let is_circle = stands_in.iter().chain(self.roots.first()).any(|folder| folder.starts_with(&target));
        let is_within = self.roots.iter().any(|root| target.starts_with(root));
        if is_circle || is_within || !self.followed.insert(target.clone()) {
            let why = match (is_circle, is_within) {
                (true, _) => "leads around in a circle",
                (false, true) => "leads to what is read under its own name",
                (false, false) => "leads to what another link leads to",
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

    /// Whether a link was followed to this very folder, which is below another one that a link leads to.
    fn is_root(&self, folder: &Path) -> bool {
        self.roots.len() > 1 && fs::canonicalize(folder).is_ok_and(|folder| self.roots.contains(&folder))
    }

    fn file(&mut self, name: String, path: PathBuf) {
        self.files.push((name, path));
    }

    fn special(&mut self, name: String, path: &Path) {
        let what = fs::metadata(path).map_or("no file", |metadata| kind(&metadata));
        self.broken(name, path, "not_a_file", format!("is {what}, expected a capture file"));
    }

    fn broken(&mut self, name: String, path: &Path, code: &str, text: String) {
        let shown = escape_name(path.as_os_str().as_encoded_bytes());
        self.broken.push(Source::broken(name, shown, code, text));
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
fn add_members(path: &Path, prefix: &str, opening: &Opening<'_>, found: &mut Found) -> bool {
    let shown = escape_name(path.as_os_str().as_encoded_bytes());
    let whole = || prefix.strip_suffix('/').unwrap_or(&shown).to_owned();
    let archive = match Archive::open(path, opening.options, &opening.spool) {
        Ok(None) => return false,
        Ok(Some(archive)) => Arc::new(archive),
        Err(error) => {
            let origin = Origin::Broken(failure(&shown, &error));
            found.sources.push(Source { name: whole(), shown, origin });
            return true;
        }
    };
    let mut holds_files = false;
    for (at, member) in archive.members().iter().enumerate() {
        if member.kind == MemberKind::Directory {
            continue;
        }
        holds_files = true;
        let shown = format!("{shown}!{}", member.unique_name());
        match passed_over(member) {
            Some(why) => found.passed_over.push(format!("{shown}: {why}; passed over")),
            None => found.sources.push(Source {
                name: format!("{prefix}{}", member.name),
                shown,
                origin: Origin::Member(Arc::clone(&archive), at),
            }),
        }
    }
    match archive.fault() {
        Some(fault) => {
            let origin = Origin::Broken(failure(&shown, fault));
            found.sources.push(Source { name: whole(), shown, origin });
        }
        None if !holds_files => {
            found.passed_over.push(format!("{shown}: an archive without a file; passed over"))
        }
        None => {}
    }
    true
}

/// Why a member is no capture, though nothing is wrong with it.
fn passed_over(member: &Member) -> Option<&'static str> {
    if member.is_replaced {
        return Some("a later member of this name stands in its place, as when the archive is unpacked");
    }
    let why = "a symbolic link, which is not followed in an archive; what it leads to has a name of its own";
    (member.kind == MemberKind::SymbolicLink).then_some(why)
}
