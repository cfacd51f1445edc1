//! Archives made in memory, and what is read of them.

#![allow(dead_code)] // Not every test has a use for all of it.

#[path = "check_archive.rs"]
mod check_archive;

use analyzer_formats::archive::{Archive, Spool};
use analyzer_formats::{ReadError, ReadOptions, read_bytes};
pub(crate) use check_archive::check_archive;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A tar of these files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A header of this kind and name, whatever the name is.
pub(crate) fn header(kind: tar::EntryType, name: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    let mut block = [header.as_bytes(), bytes].concat();
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

pub(crate) fn file(name: &[u8], bytes: &[u8]) -> Vec<u8> {
    header(tar::EntryType::Regular, name, bytes)
}

/// Two blocks of zeros.
pub(crate) const END: [u8; 1024] = [0; 1024];

/// How the files of a zip are packed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Packing {
    Stored,
    Deflate,
    Zstd,
}

pub(crate) fn zip(files: &[(&str, &[u8])], packing: Packing) -> Vec<u8> {
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
pub(crate) fn sized_zip(files: &[(&str, &[u8])]) -> Vec<u8> {
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

pub(crate) fn spool(folder: &Path) -> Arc<Spool> {
    Arc::new(Spool::new(folder, 1 << 30))
}

pub(crate) fn open(bytes: &[u8]) -> Archive {
    check_archive(bytes).expect("an archive")
}

pub(crate) fn names(archive: &Archive) -> Vec<&str> {
    archive.members().iter().map(|member| member.name.as_str()).collect()
}

/// The bytes of every member that can be read, by name.
pub(crate) fn readable(archive: &Archive) -> Vec<(String, Vec<u8>)> {
    let whole = |(index, member): (usize, &analyzer_formats::archive::Member)| {
        Some((member.name.clone(), archive.bytes(index).ok()?.to_vec()))
    };
    archive.members().iter().enumerate().filter_map(whole).collect()
}

pub(crate) fn error(bytes: &[u8]) -> ReadError {
    read_bytes("a", bytes, &ReadOptions::default()).unwrap_err()
}

pub(crate) const FILES: [(&str, &[u8]); 3] =
    [("web/a.folded", b"main;a 3\nmain;b 1\n"), ("web/b.folded", b"main;a 5\n"), ("empty", b"")];

/// The header of a link.
pub(crate) fn link(kind: tar::EntryType, name: &[u8], target: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    let fields = header.as_ustar_mut().unwrap();
    fields.name[..name.len()].copy_from_slice(name);
    fields.linkname[..target.len()].copy_from_slice(target);
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_cksum();
    header.as_bytes().to_vec()
}
