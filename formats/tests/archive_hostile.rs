//! Archives that are cut anywhere, corrupt, or made to hurt.

#![allow(clippy::unwrap_used)]

#[path = "common/made_archives.rs"]
mod made_archives;

use analyzer_formats::archive::{Archive, MemberKind};
use analyzer_formats::{Container, ReadOptions, read_bytes};
use made_archives::{
    END, FILES, Packing, check_archive, error, file, gzip, header, names, open, readable, sized_zip, spool,
    tar, zip, zstd,
};
use std::path::Path;

fn fault_code(archive: &Archive) -> Option<&'static str> {
    archive.fault().map(|fault| fault.kind.code())
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
