//! What must hold of every archive whatever its bytes. The tests and the fuzz target check the same.

use analyzer_formats::ReadOptions;
use analyzer_formats::archive::{Archive, MemberKind, Spool};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Small enough that a bomb ends an execution soon.
const MAX_UNPACKED: u64 = 16 << 20;
/// So many members are read of an archive of very many.
const READ: usize = 64;

/// Opens bytes as an archive and checks that its names can be shown and lead nowhere, that members are told apart, and
/// that the same comes out every time.
///
/// # Panics
/// When it does not.
pub(crate) fn check_archive(bytes: &[u8]) -> Option<Archive> {
    let options = ReadOptions { max_unpacked: MAX_UNPACKED, ..ReadOptions::default() };
    // Nothing but the archive read last is kept, so that others are unpacked again.
    let spool = Arc::new(Spool::new(&std::env::temp_dir(), 0));
    let open = || Archive::from_bytes("input", bytes.to_vec(), &options, &spool);
    let archive = match (open(), open()) {
        (Ok(Some(archive)), Ok(Some(again))) => {
            assert_eq!(format!("{archive:?}"), format!("{again:?}"));
            archive
        }
        (Ok(None), Ok(None)) => return None,
        (Err(error), Err(again)) => {
            assert_eq!(error.to_string(), again.to_string());
            return None;
        }
        (first, again) => panic!("{first:?}, {again:?}"),
    };
    let mut names = BTreeSet::new();
    let mut current = BTreeSet::new();
    for member in archive.members().iter().filter(|member| !member.is_replaced) {
        let can_be_replaced = matches!(member.kind, MemberKind::File | MemberKind::SymbolicLink);
        assert!(!can_be_replaced || current.insert(&member.name), "{member:?} is there twice");
    }
    for (index, member) in archive.members().iter().enumerate() {
        assert!(names.insert((&member.name, member.occurrence)), "{member:?} is there twice");
        assert!(!member.name.chars().any(char::is_control), "{member:?}");
        if member.kind != MemberKind::File {
            let error = archive.read(index, &options).expect_err("only files are read");
            assert_eq!(error.kind.code(), "not_a_file");
            continue;
        }
        assert!(!member.name.starts_with('/') && !member.name.is_empty(), "{member:?}");
        assert!(!member.name.split('/').any(|part| part == ".."), "{member:?}");
        if index >= READ {
            continue;
        }
        match archive.bytes(index) {
            Ok(bytes) => assert_eq!(bytes.len() as u64, member.bytes, "{member:?}"),
            Err(error) => {
                let read = archive.read(index, &options).expect_err("there are no bytes to read");
                assert_eq!(error.to_string(), read.to_string());
            }
        }
        if let Ok(capture) = archive.read(index, &options) {
            assert_eq!(capture.source.name, format!("input!{}", member.unique_name()));
        }
    }
    Some(archive)
}
