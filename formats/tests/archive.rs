//! Archives of captures: tar, packed and not, and zip; whole, cut anywhere, and made to hurt.

#![allow(clippy::unwrap_used)]

#[path = "common/check_archive.rs"]
mod check_archive;

use analyzer_formats::archive::{Archive, ArchiveKind, MemberKind, Spool};
use analyzer_formats::{Container, ReadError, ReadOptions, read_bytes, read_path};
use check_archive::check_archive;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A tar of these files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn the_label_of_a_volume_is_no_member() {
    let mut label = header(tar::EntryType::new(b'V'), b"label", b"");
    // As GNU tar writes it: without a size.
    label[124..136].fill(0);
    label[148..156].fill(b' ');
    let sum: u32 = label[..512].iter().map(|&byte| u32::from(byte)).sum();
    label[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    label.extend(tar(&[("a.folded", b"a;b 1\n")]));
    let archive = open(&label);
    assert!(archive.fault().is_none(), "{:?}", archive.fault());
    assert_eq!(archive.members().len(), 1);
}

/// A header of this kind and name, whatever the name is.
fn header(kind: tar::EntryType, name: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    let mut block = [header.as_bytes(), bytes].concat();
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn file(name: &[u8], bytes: &[u8]) -> Vec<u8> {
    header(tar::EntryType::Regular, name, bytes)
}

/// Two blocks of zeros.
const END: [u8; 1024] = [0; 1024];

/// How the files of a zip are packed.
#[derive(Clone, Copy, Debug)]
enum Packing {
    Stored,
    Deflate,
    Zstd,
}

fn zip(files: &[(&str, &[u8])], packing: Packing) -> Vec<u8> {
    let mut out = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut out);
    for (name, bytes) in files {
        let method = match packing {
            Packing::Stored => rawzip::CompressionMethod::STORE,
            Packing::Deflate => rawzip::CompressionMethod::DEFLATE,
            Packing::Zstd => rawzip::CompressionMethod::ZSTD,
        };
        let name = rawzip::path::EntryPath::verbatim(name.as_bytes());
        let (mut entry, config) = archive.new_file(name).compression_method(method).start().unwrap();
        let packed = match packing {
            Packing::Stored => bytes.to_vec(),
            Packing::Deflate => {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Packing::Zstd => zstd(bytes),
        };
        entry.write_all(&packed).unwrap();
        let mut writer = config.wrap(std::io::sink());
        writer.write_all(bytes).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    out
}

/// A zip of stored files with their sizes in the headers before them, as a writer puts them that can seek.
fn sized_zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let size = (bytes.len() as u32).to_le_bytes();
        let mut fields = b"\x14\0\0\0\0\0\0\0\0\0".to_vec();
        fields.extend(rawzip::crc32(bytes).to_le_bytes());
        fields.extend([size, size].concat());
        fields.extend((name.len() as u32).to_le_bytes());
        directory.extend(
            [&b"PK\x01\x02\x14\0"[..], &fields, &[0; 10], &(out.len() as u32).to_le_bytes()].concat(),
        );
        directory.extend(name.as_bytes());
        out.extend([b"PK\x03\x04", &fields[..], name.as_bytes(), bytes].concat());
    }
    let at = (out.len() as u32).to_le_bytes();
    let (count, size) = ((files.len() as u16).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    out.extend(directory);
    out.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &at, &[0; 2]].concat());
    out
}

fn spool(folder: &Path) -> Arc<Spool> {
    Arc::new(Spool::new(folder, 1 << 30))
}

fn open(bytes: &[u8]) -> Archive {
    check_archive(bytes).expect("an archive")
}

fn names(archive: &Archive) -> Vec<&str> {
    archive.members().iter().map(|member| member.name.as_str()).collect()
}

/// The bytes of every member that can be read, by name.
fn readable(archive: &Archive) -> Vec<(String, Vec<u8>)> {
    let whole = |(index, member): (usize, &analyzer_formats::archive::Member)| {
        Some((member.name.clone(), archive.bytes(index).ok()?.to_vec()))
    };
    archive.members().iter().enumerate().filter_map(whole).collect()
}

fn fault_code(archive: &Archive) -> Option<&'static str> {
    archive.fault().map(|fault| fault.kind.code())
}

fn error(bytes: &[u8]) -> ReadError {
    read_bytes("a", bytes, &ReadOptions::default()).unwrap_err()
}

const FILES: [(&str, &[u8]); 3] =
    [("web/a.folded", b"main;a 3\nmain;b 1\n"), ("web/b.folded", b"main;a 5\n"), ("empty", b"")];

/// The same files in every kind of archive.
fn every_kind() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("tar", tar(&FILES)),
        ("tar.gz", gzip(&tar(&FILES))),
        ("tar.zst", zstd(&tar(&FILES))),
        ("zip", zip(&FILES, Packing::Deflate)),
        ("zip of zstd", zip(&FILES, Packing::Zstd)),
        ("stored zip", zip(&FILES, Packing::Stored)),
        ("zip of sizes", sized_zip(&FILES)),
    ]
}

#[test]
fn members_are_what_was_put_in() {
    for (what, bytes) in every_kind() {
        let archive = open(&bytes);
        assert_eq!(names(&archive), ["web/a.folded", "web/b.folded", "empty"], "{what}");
        assert!(archive.fault().is_none(), "{what}: {:?}", archive.fault());
        for (index, (name, expected)) in FILES.iter().enumerate() {
            assert_eq!(&*archive.bytes(index).unwrap(), *expected, "{what}: {name}");
        }
        let options = ReadOptions { digest: true, ..ReadOptions::default() };
        let capture = archive.read(0, &options).unwrap();
        assert_eq!(capture.source.name, "input!web/a.folded");
        let alone = read_bytes("input!web/a.folded", FILES[0].1, &options).unwrap();
        assert_eq!(format!("{capture:?}"), format!("{alone:?}"), "{what}");
        let empty = archive.read(2, &options).unwrap_err();
        assert_eq!((empty.kind.code(), empty.name.as_str()), ("empty", "input!empty"), "{what}");
    }
}

#[test]
fn packed_captures_in_archives_are_read() {
    let capture = b"main;a 3\n";
    let (gz, zst, cut) = (gzip(capture), zstd(capture), gzip(capture));
    let files: [(&str, &[u8]); 3] = [("a.gz", &gz), ("b.zst", &zst), ("c.gz", &cut[..cut.len() - 3])];
    for bytes in [tar(&files), gzip(&tar(&files)), zip(&files, Packing::Deflate)] {
        let archive = open(&bytes);
        let read = |member| archive.read(member, &ReadOptions::default()).unwrap();
        assert_eq!(read(0).source.container, Container::Gzip);
        assert_eq!(read(1).source.container, Container::Zstd);
        assert_eq!((read(0).records_used(), read(1).records_used()), (1, 1));
        assert!(read(2).notes.get("truncated").is_some());
    }
}

#[test]
fn archives_are_opened_by_path_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let path = folder.path().join("no-name-that-says-so");
    for (kind, container, bytes) in [
        (ArchiveKind::Tar, Container::Plain, tar(&FILES)),
        (ArchiveKind::Tar, Container::Gzip, gzip(&tar(&FILES))),
        (ArchiveKind::Tar, Container::Zstd, zstd(&tar(&FILES))),
        (ArchiveKind::Zip, Container::Plain, zip(&FILES, Packing::Deflate)),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        for map in [true, false] {
            let options = ReadOptions { map, ..ReadOptions::default() };
            let archive = Archive::open(&path, &options, &self::spool(spool.path())).unwrap().unwrap();
            assert_eq!((archive.kind(), archive.container()), (kind, container));
            assert_eq!(archive.read(1, &options).unwrap().records_used(), 1);
            // Even while it is open.
            #[cfg(unix)]
            assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0);
            drop(archive);
            assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0);
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "the archive is as it was");
    }
}

#[test]
fn an_archive_that_is_another_by_the_time_a_member_is_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("archive");
    for bytes in [tar(&FILES), gzip(&tar(&FILES)), zip(&FILES, Packing::Deflate)] {
        std::fs::write(&path, &bytes).unwrap();
        let archive = Archive::open(&path, &ReadOptions::default(), &spool(folder.path())).unwrap().unwrap();
        assert_eq!(archive.read(0, &ReadOptions::default()).unwrap().records_used(), 2);
        std::fs::write(&path, b"another").unwrap();
        for member in 0..3 {
            let error = archive.read(member, &ReadOptions::default()).unwrap_err();
            assert_eq!(error.kind.code(), "file_changed");
            assert!(error.to_string().contains("when its members were listed"), "{error}");
            assert_eq!(archive.bytes(member).err().unwrap().kind.code(), "file_changed");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(archive.read(0, &ReadOptions::default()).unwrap_err().kind.code(), "unreadable");
    }
}

/// How many files without a name this process has mapped of this folder.
#[cfg(target_os = "linux")]
fn mapped(folder: &Path) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains(folder.to_str().unwrap())).count()
}

#[cfg(target_os = "linux")]
#[test]
fn packed_archives_that_were_used_last_stay_unpacked_and_others_are_unpacked_again() {
    let folder = tempfile::tempdir().unwrap();
    let text = b"main;a 1\n".repeat(10_000);
    let packed = gzip(&tar(&[("a", &text), ("b", b"main;b 1\n")]));
    let bytes = tar(&[("a", &text), ("b", b"main;b 1\n")]).len() as u64;
    let spool = Arc::new(Spool::new(folder.path(), 2 * bytes));
    let archives: Vec<Archive> = (0..5)
        .map(|number| {
            let path = folder.path().join(format!("{number}.tar.gz"));
            std::fs::write(&path, &packed).unwrap();
            let archive = Archive::open(&path, &ReadOptions::default(), &spool).unwrap().unwrap();
            assert!(mapped(folder.path()) <= 2);
            archive
        })
        .collect();
    std::thread::scope(|scope| {
        for archive in archives.iter().chain(&archives) {
            scope.spawn(|| {
                assert_eq!(&*archive.bytes(0).unwrap(), text);
                assert_eq!(archive.read(1, &ReadOptions::default()).unwrap().records_used(), 1);
            });
        }
    });
    assert_eq!(mapped(folder.path()), 2);
}

#[test]
fn what_is_no_archive_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| Archive::open(path, &ReadOptions::default(), &spool(folder.path()));
    let path = folder.path().join("named.tar.gz");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures/go/before.heap.pb.gz");
    let pprof = std::fs::read(corpus).unwrap();
    for bytes in [&b"main;a 1\n"[..], b"", &pprof, &gzip(&pprof), &gzip(b"main;a 1\n"), b"PK", &[0; 10240]] {
        std::fs::write(&path, bytes).unwrap();
        assert!(open(&path).unwrap().is_none(), "{:?}", &bytes[..bytes.len().min(8)]);
    }
    // More of it than its beginning would be more than there is memory.
    std::fs::write(&path, b"main;a 1\n".repeat(100)).unwrap();
    std::fs::File::options().append(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    let read = ReadOptions { map: false, ..ReadOptions::default() };
    assert!(Archive::open(&path, &read, &spool(folder.path())).unwrap().is_none());
    // A zip packed again is not read.
    std::fs::write(&path, gzip(&zip(&FILES, Packing::Deflate))).unwrap();
    assert!(open(&path).unwrap().is_none());
    assert!(open(folder.path()).unwrap().is_none(), "a folder");
    assert_eq!(open(&folder.path().join("nothing")).unwrap_err().kind.code(), "unreadable");
}

/// The files that are whole in what is left, and why it ends, of an archive cut at every byte.
///
/// How many files are whole with the last byte missing.
fn every_cut(what: &str, bytes: &[u8], may_end_at: impl Fn(usize) -> bool) -> usize {
    let whole = readable(&open(bytes));
    assert_eq!(whole.len(), FILES.len());
    let mut most = 0;
    for cut in 0..bytes.len() {
        let Some(archive) = check_archive(&bytes[..cut]) else { continue };
        let left = readable(&archive);
        assert!(whole.starts_with(&left), "{what} cut at {cut}: what is there is whole, and in order");
        assert!(left.len() >= most, "{what} cut at {cut}: more bytes hold no fewer files");
        most = left.len();
        if !may_end_at(cut) {
            let fault = archive.fault().unwrap_or_else(|| panic!("{what} cut at {cut} is told"));
            assert_eq!(fault.kind.code(), "truncated", "{what} cut at {cut}: {fault}");
            // Of a tar that is cut and whose container ends where it may, the byte is one of what was unpacked.
            let of_container =
                archive.container() == Container::Plain || !fault.to_string().contains("tar data");
            let end = if of_container { cut } else { tar(&FILES).len() };
            assert!(fault.kind.byte().is_some_and(|byte| byte <= end as u64), "{what} cut at {cut}: {fault}");
        }
        for (index, member) in archive.members().iter().enumerate() {
            if archive.bytes(index).is_err() {
                let error = archive.read(index, &ReadOptions::default()).unwrap_err();
                assert_eq!(error.kind.code(), "truncated", "{what} cut at {cut}, {member:?}: {error}");
            }
        }
    }
    most
}

#[test]
fn an_archive_cut_anywhere_has_the_files_before_the_cut_and_names_it() {
    let plain = tar(&FILES);
    // Where one block of zeros is left, the archive has an end.
    let end = plain.len() - 1024;
    assert_eq!(every_cut("tar", &plain, |cut| cut >= end + 512), 3);
    assert_eq!(every_cut("tar.gz", &gzip(&plain), |_| false), 3);
    // Zstandard gives whole blocks, and this is one.
    assert_eq!(every_cut("tar.zst", &zstd(&plain), |_| false), 0);
    let frames: Vec<u8> = plain[..end].chunks(1024).chain([&plain[end..]]).flat_map(zstd).collect();
    assert_eq!(every_cut("tar.zst of frames", &frames, |_| false), 3);
    assert_eq!(every_cut("zip", &zip(&FILES, Packing::Deflate), |_| false), 3);
    assert_eq!(every_cut("stored zip", &sized_zip(&FILES), |_| false), 3);
}

#[test]
fn a_zip_cut_behind_a_zip_inside_it_is_not_that_zip() {
    let inner = zip(&[("x", b"main;x 1\n")], Packing::Stored);
    let mut outer = sized_zip(&[("inner.zip", &inner)]);
    outer.truncate(30 + 9 + inner.len());
    let archive = open(&outer);
    assert_eq!(names(&archive), ["inner.zip"]);
    assert_eq!(fault_code(&archive), Some("truncated"));
    assert_eq!(&*archive.bytes(0).unwrap(), inner);
}

#[test]
fn a_flaw_ends_a_tar_and_keeps_what_is_before_it() {
    let first = file(b"a", b"main;a 1\n");
    let mut bytes = [&first[..], &file(b"b", b"main;b 1\n"), &END].concat();
    bytes[first.len() + 3] ^= 1;
    let archive = open(&bytes);
    assert_eq!(names(&archive), ["a"]);
    let fault = archive.fault().unwrap();
    assert_eq!((fault.kind.code(), fault.kind.byte()), ("bad_tar", Some(1024)), "{fault}");
    // One tar behind another: tar itself reads the first.
    let two = [tar(&FILES), tar(&[("more", b"x")])].concat();
    let archive = open(&two);
    assert_eq!((archive.members().len(), fault_code(&archive)), (3, Some("bad_tar")));
    // Damage in the middle of the container.
    let mut stored = gzip(&tar(&FILES));
    let middle = stored.len() - 8;
    stored[middle] ^= 0xff;
    assert_eq!(fault_code(&open(&stored)), Some("bad_gzip"));
}

#[test]
fn names_that_lead_out_and_what_is_no_file_are_listed_and_not_read() {
    use tar::EntryType;
    let text = b"main;a 1\n";
    let kinds = [
        (EntryType::Directory, "a directory"),
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link to what is not in the archive before it"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a named pipe"),
        (EntryType::GNUSparse, "a sparse file"),
    ];
    let mut bytes: Vec<u8> = kinds.iter().flat_map(|&(kind, _)| header(kind, b"x", b"")).collect();
    let refused: [(&[u8], &str); 4] = [
        (b"/etc/passwd", "a member with an absolute name"),
        (b"../x", "a member whose name leads out of the archive"),
        (b"a/../../x", "a member whose name leads out of the archive"),
        (b"", "a member without a name"),
    ];
    bytes.extend(refused.iter().flat_map(|(name, _)| file(name, text)));
    bytes.extend([&file(b"./good", text)[..], &END].concat());
    let archive = open(&bytes);
    let expected = kinds.iter().map(|&(_, what)| what).chain(refused.iter().map(|&(_, what)| what));
    let found = archive.members().iter().map(|member| member.kind.what());
    assert_eq!(found.collect::<Vec<_>>(), expected.chain(["a file"]).collect::<Vec<_>>());
    assert!(archive.fault().is_none());
    assert_eq!(archive.members().last().unwrap().name, "good");
    let error = archive.read(1, &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "input!x (2): is a symbolic link, expected a capture file; only files in an archive are read"
    );
}

#[test]
fn of_members_of_equal_names_the_last_stands_and_all_can_be_read() {
    let files: [(&str, &[u8]); 4] =
        [("a", b"main;a 1\n"), ("b", b"main;b 1\n"), ("a", b"main;a 2\n"), ("a", b"main;a 3\n")];
    for bytes in [tar(&files), zip(&files, Packing::Deflate), sized_zip(&files)] {
        let archive = open(&bytes);
        let told: Vec<_> =
            archive.members().iter().map(|member| (member.unique_name(), member.is_replaced)).collect();
        let told: Vec<(&str, bool)> =
            told.iter().map(|(name, is_replaced)| (&**name, *is_replaced)).collect();
        assert_eq!(told, [("a", true), ("b", false), ("a (2)", true), ("a (3)", false)]);
        assert_eq!(&*archive.bytes(2).unwrap(), b"main;a 2\n");
        assert_eq!(archive.read(2, &ReadOptions::default()).unwrap().source.name, "input!a (2)");
        let told = error(&bytes).to_string();
        assert!(told.contains("with 2 files"), "{told}");
    }
    // A link that comes later stands as well; a folder is unpacked beside what is in it.
    let kinds = |parts: &[Vec<u8>]| -> Vec<(MemberKind, bool)> {
        let archive = open(&[&parts.concat()[..], &END].concat());
        archive.members().iter().map(|member| (member.kind, member.is_replaced)).collect()
    };
    let link = header(tar::EntryType::Symlink, b"a", b"");
    let folder = header(tar::EntryType::Directory, b"a/", b"");
    assert_eq!(
        kinds(&[file(b"a", b"x"), link]),
        [(MemberKind::File, true), (MemberKind::SymbolicLink, false)]
    );
    assert_eq!(
        kinds(&[folder.clone(), folder, file(b"a/b", b"x")]),
        [(MemberKind::Directory, false), (MemberKind::Directory, false), (MemberKind::File, false)]
    );
}

/// The header of a link.
fn link(kind: tar::EntryType, name: &[u8], target: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    let fields = header.as_ustar_mut().unwrap();
    fields.name[..name.len()].copy_from_slice(name);
    fields.linkname[..target.len()].copy_from_slice(target);
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn a_hard_link_is_the_file_before_it() {
    use tar::EntryType;
    let hard = |name: &[u8], target: &[u8]| link(EntryType::Link, name, target);
    let long = "long/".repeat(40) + "name";
    let long_link = header(EntryType::GNULongLink, b"l", long.as_bytes());
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("linkpath", long.as_bytes())]).unwrap();
    let pax_link = builder.into_inner().unwrap();
    let tar = tar(&[("day1/a", b"main;a 1\n"), (&long, b"main;l 1\n")]);
    let bytes = [
        &tar[..tar.len() - 1024],
        &hard(b"day2/a", b"./day1/a"),
        // To a link, to what stands there by now, to itself.
        &hard(b"day3/a", b"day2/a"),
        &file(b"day1/a", b"main;a 2\n"),
        &hard(b"day4/a", b"day1/a"),
        &hard(b"day4/a", b"day4/a"),
        &[long_link, hard(b"day5/l", b"long/long")].concat(),
        &[&pax_link[..pax_link.len() - 1024], &hard(b"day6/l", b"long/long")].concat(),
        // To what comes later, what leads out, a link that is not followed.
        &hard(b"bad1", b"later"),
        &hard(b"bad2", b"../day1/a"),
        &link(EntryType::Symlink, b"soft", b"day1/a"),
        &hard(b"bad3", b"soft"),
        &file(b"later", b"main;a 9\n"),
        &END,
    ]
    .concat();
    let archive = open(&bytes);
    assert!(archive.fault().is_none(), "{:?}", archive.fault());
    let at = |name: &str| archive.members().iter().rposition(|member| member.name == name).unwrap();
    for (name, text) in [
        ("day2/a", "main;a 1\n"),
        ("day3/a", "main;a 1\n"),
        ("day1/a", "main;a 2\n"),
        ("day4/a", "main;a 2\n"),
        ("day5/l", "main;l 1\n"),
        ("day6/l", "main;l 1\n"),
    ] {
        assert_eq!(&*archive.bytes(at(name)).unwrap(), text.as_bytes(), "{name}");
        assert_eq!(archive.read(at(name), &ReadOptions::default()).unwrap().records_used(), 1, "{name}");
    }
    let missing = MemberKind::Other("a hard link to what is not in the archive before it");
    let kind = |name: &str| archive.members()[at(name)].kind;
    assert_eq!([kind("bad1"), kind("bad2"), kind("bad3")], [missing, missing, MemberKind::SymbolicLink]);
    let error = archive.read(at("bad1"), &ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind.code(), "not_a_file");
}

#[test]
fn long_names_are_read_in_every_way_they_are_written() {
    let long = format!("{}/capture.folded", vec!["a-folder-of-a-name"; 20].join("/"));
    let text = b"main;a 1\n";
    let gnu = tar(&[(&long, text)]);
    let mut builder = tar::Builder::new(Vec::new());
    // A size in the pax header overrides that of the header; a value may hold a line end.
    let odd = "ünïcode\nand more";
    builder.append_pax_extensions([("path", odd.as_bytes()), ("size", b"9".as_slice())]).unwrap();
    let mut pax = builder.into_inner().unwrap();
    pax.truncate(pax.len() - 1024);
    let mut stated = file(b"short", text);
    stated[124..136].copy_from_slice(b"00000000000\0");
    let mut header = tar::Header::from_byte_slice(&stated[..512]).clone();
    header.set_cksum();
    stated[..512].copy_from_slice(header.as_bytes());
    let pax = [&pax[..], &stated, &file(b"next", b""), &END].concat();
    assert_eq!(names(&open(&gnu)), [&long]);
    let archive = open(&pax);
    assert_eq!(names(&archive), ["ünïcode\\x0aand more", "next"]);
    assert_eq!(&*archive.bytes(0).unwrap(), text);
    // Names that are no UTF-8 stay apart.
    let bytes = [&file(b"a\xff", text)[..], &file(b"a\xfe", text), &END].concat();
    assert_eq!(names(&open(&bytes)), ["a\\xff", "a\\xfe"]);
    // So do those that look like them.
    let bytes = [&file(b"a\xff", text)[..], &file(b"a\\xff", text), &END].concat();
    let archive = open(&bytes);
    assert_eq!(names(&archive), ["a\\xff", "a\\x5cxff"]);
    assert!(archive.members().iter().all(|member| !member.is_replaced));
}

#[test]
fn hostile_headers_take_no_memory_and_end_the_archive() {
    // A name of 8 GiB, a file of 8 EiB, a pax header that is none, a size that is no number.
    let size = |mut block: Vec<u8>, field: &[u8; 12]| {
        block[124..136].copy_from_slice(field);
        let mut header = tar::Header::from_byte_slice(&block[..512]).clone();
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let good = file(b"good", b"main;a 1\n");
    let name = size(header(tar::EntryType::GNULongName, b"l", b""), b"77777777777\0");
    let huge = size(file(b"h", b""), b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff");
    let letters = size(file(b"n", b""), b"letters    \0");
    let pax = header(tar::EntryType::XHeader, b"x", b"99 path=a\n");
    for (bad, code) in [(name, "bad_tar"), (huge, "truncated"), (letters, "bad_tar"), (pax, "bad_tar")] {
        let archive = open(&[&good[..], &bad, &END].concat());
        assert_eq!(readable(&archive).len(), 1);
        assert_eq!(fault_code(&archive), Some(code), "{:?}", archive.fault());
    }
}

#[test]
fn bombs_are_too_large() {
    let folder = tempfile::tempdir().unwrap();
    let options = ReadOptions { max_unpacked: 1 << 20, ..ReadOptions::default() };
    let zeros = vec![0; 2 << 20];
    let bomb = |packed: &[u8]| {
        let opened = Archive::from_bytes("bomb", packed.to_vec(), &options, &spool(folder.path()));
        assert_eq!(opened.unwrap_err().kind.code(), "too_large");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    };
    let archive = tar(&[("zeros", &zeros)]);
    bomb(&gzip(&archive));
    bomb(&zstd(&archive));
    for packing in [Packing::Deflate, Packing::Zstd] {
        let mut packed = zip(&[("zeros", &zeros), ("good", b"main;a 1\n")], packing);
        let read = |packed: &[u8]| {
            let opened = Archive::from_bytes("bomb", packed.to_vec(), &options, &spool(folder.path()));
            let archive = opened.unwrap().unwrap();
            assert_eq!(archive.read(1, &options).unwrap().records_used(), 1);
            archive.read(0, &options).unwrap_err().kind.code()
        };
        assert_eq!(read(&packed), "too_large");
        // One that states a small size is stopped as well.
        let directory = memchr::memmem::find(&packed, b"PK\x01\x02").unwrap();
        packed[directory + 24..directory + 28].copy_from_slice(&9u32.to_le_bytes());
        assert_eq!(read(&packed), "too_large", "{packing:?}");
    }
}

#[test]
fn zips_that_cannot_be_read_say_why() {
    let whole = zip(&[("a", b"main;a 1\n"), ("b", b"main;b 1\n")], Packing::Deflate);
    let directory = memchr::memmem::find(&whole, b"PK\x01\x02").unwrap();
    // Changes the directory's record of the first file.
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[directory + at] = byte;
        let archive = open(&bytes);
        assert_eq!(&*archive.bytes(1).unwrap(), b"main;b 1\n");
        archive.read(0, &ReadOptions::default()).unwrap_err()
    };
    let encrypted = changed(8, whole[directory + 8] | 1);
    assert_eq!(encrypted.kind.code(), "unsupported_format");
    assert!(
        encrypted.to_string().starts_with("input!a: is an encrypted file in a zip archive"),
        "{encrypted}"
    );
    assert!(changed(10, 14).to_string().contains("packed with LZMA"));
    let crc = changed(16, !whole[directory + 16]);
    assert_eq!((crc.kind.code(), crc.to_string().contains("a CRC of")), ("bad_zip", true), "{crc}");
    assert!(changed(24, 8).to_string().contains("9 bytes, where its header says 8"));
    // A directory that leads nowhere, and one of whose members there are two at one place.
    let second = memchr::memmem::rfind(&whole, b"PK\x01\x02").unwrap();
    let mut bytes = whole.clone();
    bytes[second + 44] = 0x7f;
    let lost = open(&bytes).read(1, &ReadOptions::default()).unwrap_err();
    assert!(lost.kind.code() == "bad_zip" && lost.to_string().contains("no file where"), "{lost}");
    let mut bytes = whole.clone();
    bytes[second + 42..second + 46].fill(0);
    let archive = open(&bytes);
    let shared = MemberKind::Other("a member that shares its bytes with another");
    assert_eq!(archive.members()[1].kind, shared);
    assert_eq!(&*archive.bytes(0).unwrap(), b"main;a 1\n");
    // No member at all.
    let empty = zip(&[], Packing::Stored);
    assert!(open(&empty).members().is_empty());
}

#[test]
fn an_archive_where_a_capture_is_expected_is_told() {
    let files = "a: is a tar archive with 3 files, expected a capture; `plateau batch` reads archives, and what is \
                 unpacked of one can be passed";
    for (what, bytes) in every_kind() {
        let error = error(&bytes);
        assert_eq!(error.kind.code(), "unsupported_format");
        let kind = if what.contains("zip") { "zip" } else { "tar" };
        assert_eq!(error.to_string(), files.replace("tar", kind), "{what}");
    }
    // Of a large one only the beginning is looked at.
    let noise: Vec<u8> = (0..200_000u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let large = error(&gzip(&tar(&[("noise", &noise)]))).to_string();
    assert!(large.starts_with("a: is a tar archive, expected a capture"), "{large}");
    // One inside another.
    let inner = tar(&FILES);
    for outer in [tar(&[("inner", &inner)]), zip(&[("inner", &gzip(&inner))], Packing::Deflate)] {
        let error = open(&outer).read(0, &ReadOptions::default()).unwrap_err().to_string();
        let told = "input!inner: is a tar archive with 3 files, expected a capture; archives inside archives are not \
                    read; unpack the outer one and pass the folder";
        assert_eq!(error, told);
    }
}

#[test]
fn containers_that_are_cut_and_that_are_corrupt_have_codes_of_their_own() {
    let code = |bytes: &[u8]| {
        let error = error(bytes);
        (error.kind.code(), error.kind.byte())
    };
    let text = b"main;a 1\n".repeat(100);
    let (gz, zst) = (gzip(&text), zstd(&text));
    assert_eq!(code(&gz[..4]).0, "truncated");
    assert_eq!(code(&zst[..8]).0, "truncated");
    let mut bad = gz.clone();
    bad[10] = 0xff;
    assert_eq!(code(&bad).0, "bad_gzip");
    let mut bad = zst.clone();
    bad[4] = 0xff;
    assert_eq!(code(&bad).0, "bad_zstd");
    // A beginning by which no format is known, of a container that is cut, is no unknown format.
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures/go/before.heap.pb.gz");
    let pprof = std::fs::read(corpus).unwrap();
    let codes = (1..200).filter_map(|cut| {
        let read = read_bytes("a", &pprof[..cut], &ReadOptions::default());
        Some(read.err()?.kind.code())
    });
    for (cut, code) in codes.enumerate().skip(1) {
        assert_eq!(code, "truncated", "cut at {}", cut + 1);
    }
    let json = br#"{"data":[{"traceID":"t","spans":["#;
    assert_eq!(code(&json[..10]).0, "truncated");
    assert_eq!(code(b"some text that is no capture").0, "unknown_format");
}

/// A pipe waits for its writer when it is opened.
#[cfg(unix)]
#[test]
fn pipes_are_read_or_refused_as_asked() {
    use analyzer_formats::Pipes;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    if !Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        writeln!(std::io::stderr(), "skipped: no mkfifo here").unwrap();
        return;
    }
    let refuse = ReadOptions { pipes: Pipes::Refuse, ..ReadOptions::default() };
    let error = read_path(&pipe, &refuse).unwrap_err();
    assert_eq!(error.kind.code(), "not_a_file");
    assert!(error.to_string().contains("is a named pipe"), "{error}");
    assert!(Archive::open(&pipe, &refuse, &spool(folder.path())).unwrap().is_none());
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for options in [&refuse, &ReadOptions::default()] {
        assert_eq!(read_path(&socket, options).unwrap_err().kind.code(), "not_a_file");
    }
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, b"main;a 1\n").unwrap()
    });
    assert_eq!(read_path(&pipe, &ReadOptions::default()).unwrap().records_used(), 1);
    writer.join().unwrap();
}

/// What the tar of this system writes, in every format it knows.
#[test]
fn tars_of_another_writer_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files/2026-11-28");
    std::fs::create_dir_all(&files).unwrap();
    for (name, text) in [("a", "main;a 1\n"), ("b", "main;b 22\n")] {
        std::fs::write(files.join(format!("{name}.folded")), text).unwrap();
    }
    for format in ["v7", "ustar", "oldgnu", "gnu", "posix"] {
        let path = folder.path().join(format);
        let mut tar = Command::new("tar");
        tar.args(["--format", format, "--sort", "name", "-C"]).arg(folder.path().join("files"));
        if !tar.arg("-cf").arg(&path).arg(".").output().is_ok_and(|output| output.status.success()) {
            writeln!(std::io::stderr(), "skipped: no GNU tar here").unwrap();
            return;
        }
        let archive = open(&std::fs::read(&path).unwrap());
        assert!(archive.fault().is_none(), "{format}: {:?}", archive.fault());
        let expected = [("2026-11-28/a.folded", "main;a 1\n"), ("2026-11-28/b.folded", "main;b 22\n")];
        let expected = expected.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        assert_eq!(readable(&archive), expected, "{format}");
    }
}

/// The seeds of the fuzz target: GNU tar's and Python's, with sparse files, streamed and in Zip64.
#[test]
fn seeds_of_other_writers_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/archive");
    let mut seeds = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let archive = open(&std::fs::read(&path).unwrap());
        assert!(archive.fault().is_none(), "{path:?}: {:?}", archive.fault());
        let sparse = archive.members().iter().filter(|member| member.name == "sparse");
        assert!(
            sparse.into_iter().all(|member| member.kind == MemberKind::Other("a sparse file")),
            "{path:?}"
        );
        let read = |index| archive.read(index, &ReadOptions::default()).is_ok();
        assert!((0..archive.members().len()).any(read), "{path:?}: {:?}", archive.members());
        seeds += 1;
    }
    assert!(seeds >= 10, "{seeds}");
}

proptest! {
    #[test]
    fn damage_anywhere_is_survived(
        kind in 0usize..7,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (_, mut bytes) = every_kind().swap_remove(kind);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        check_archive(&bytes);
    }
}
