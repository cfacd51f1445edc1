//! Archives of captures: tar, packed or not, and zip; what was put in is read.

#![allow(clippy::unwrap_used)]

#[path = "common/made_archives.rs"]
mod made_archives;

use analyzer_formats::archive::{Archive, ArchiveKind, MemberKind, Spool};
use analyzer_formats::{Container, ReadOptions, read_bytes, read_path};
use made_archives::{
    END, FILES, Packing, check_archive, error, file, gzip, header, link, names, open, readable, sized_zip,
    spool, tar, zip, zstd,
};
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

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

/// How many files without a name this process has mapped of this folder.
#[cfg(target_os = "linux")]
fn mapped(folder: &Path) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains(folder.to_str().unwrap())).count()
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
