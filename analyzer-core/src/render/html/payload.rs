//! The call tree as it travels inside the page; `decode.js` reads it.
//!
//! All numbers are LEB128 varints of at most 53 bits, which a script reads exactly. A header of version, number of
//! nodes, number of names and the length of each column in bytes; then the columns, one value per node in pre-order:
//! name, children, self before, change of self (zigzag), flags (mark + 4 x rank); then the names, sorted and
//! front-coded (bytes shared with the one before, bytes that follow, those bytes), and the number of each of them.
//! Names are numbered by frequency, so that most take one byte. The whole is deflated and written as base64.
//!
//! Negative values of a node's own are 0 here, as in the layout. Where a total exceeds 52 bits all values are divided
//! by 2^shift.

use crate::render::markup::visible;
use crate::report::{Graph, Mark};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::{self, Write};

/// The version of the columns.
const VERSION: u64 = 1;

/// A graph as text.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    /// Base64 of the deflated columns.
    pub text: String,
    /// How many times the values were halved.
    pub shift: u32,
}

/// Packs a graph.
pub(super) fn pack(graph: &Graph) -> io::Result<Payload> {
    let shift = shift(graph);
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    deflated.write_all(&columns(graph, shift))?;
    Ok(Payload { text: STANDARD.encode(deflated.finish()?), shift })
}

/// How often values must be halved so that no total exceeds 52 bits: a zigzag change then fits 53.
fn shift(graph: &Graph) -> u32 {
    let sum = |side: fn(&crate::Pair<i128>) -> i128| -> i128 {
        graph.nodes.iter().map(|node| side(&node.own).max(0)).sum()
    };
    let largest = sum(|own| own.before).max(sum(|own| own.after));
    (128 - largest.leading_zeros()).saturating_sub(52)
}

fn columns(graph: &Graph, shift: u32) -> Vec<u8> {
    let numbers = numbers_by_frequency(graph);
    let mut children = vec![0u64; graph.nodes.len()];
    for node in graph.nodes.iter().skip(1) {
        children[node.parent as usize] += 1;
    }
    let mut columns: [Vec<u8>; 7] = Default::default();
    for (node, &children) in graph.nodes.iter().zip(&children) {
        // At most 2^52 by the choice of shift.
        let before = (node.own.before.max(0) >> shift) as u64;
        let change = (node.own.after.max(0) >> shift) as i64 - before as i64;
        let mark = match node.mark {
            Mark::Unchanged => 0,
            Mark::Grew => 1,
            Mark::Shrank => 2,
        };
        varint(&mut columns[0], u64::from(numbers[node.name as usize]));
        varint(&mut columns[1], children);
        varint(&mut columns[2], before);
        varint(&mut columns[3], ((change << 1) ^ (change >> 63)) as u64);
        varint(&mut columns[4], mark | u64::from(node.rank) << 2);
    }
    let mut names: Vec<(String, u32)> =
        graph.names.iter().zip(&numbers).map(|(name, &number)| (visible(name), number)).collect();
    names.sort();
    let mut previous: &[u8] = &[];
    for (name, number) in &names {
        let name = name.as_bytes();
        let shared = previous.iter().zip(name).take_while(|(one, other)| one == other).count();
        varint(&mut columns[5], shared as u64);
        varint(&mut columns[5], (name.len() - shared) as u64);
        columns[5].extend_from_slice(&name[shared..]);
        varint(&mut columns[6], u64::from(*number));
        previous = name;
    }
    let mut all = Vec::new();
    for value in [VERSION, graph.nodes.len() as u64, names.len() as u64] {
        varint(&mut all, value);
    }
    for column in &columns {
        varint(&mut all, column.len() as u64);
    }
    all.extend(columns.concat());
    all
}

/// The number of each name: the most frequent is 0.
fn numbers_by_frequency(graph: &Graph) -> Vec<u32> {
    let mut uses = vec![0u32; graph.names.len()];
    for node in &graph.nodes {
        uses[node.name as usize] += 1;
    }
    let mut order: Vec<usize> = (0..uses.len()).collect();
    order.sort_by_key(|&name| (std::cmp::Reverse(uses[name]), name));
    let mut numbers = vec![0; uses.len()];
    for (number, &name) in order.iter().enumerate() {
        numbers[name] = number as u32;
    }
    numbers
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pair;
    use crate::render::tests::report;
    use crate::report::GraphNode;
    use flate2::read::DeflateDecoder;
    use std::io::Read;

    /// A node as read back: name, children, own values, mark, rank.
    type Row = (String, u64, Pair<i128>, u64, u64);

    fn unpack(payload: &Payload) -> Vec<Row> {
        let mut bytes = Vec::new();
        DeflateDecoder::new(&STANDARD.decode(&payload.text).unwrap()[..]).read_to_end(&mut bytes).unwrap();
        let mut at = &bytes[..];
        assert_eq!(read(&mut at), VERSION);
        let (nodes, names) = (read(&mut at) as usize, read(&mut at) as usize);
        let lengths: Vec<usize> = (0..7).map(|_| read(&mut at) as usize).collect();
        let mut columns: Vec<&[u8]> = Vec::new();
        for length in lengths {
            let (column, rest) = at.split_at(length);
            columns.push(column);
            at = rest;
        }
        assert!(at.is_empty());
        let mut table = vec![String::new(); names];
        let mut name = Vec::new();
        for _ in 0..names {
            name.truncate(read(&mut columns[5]) as usize);
            let length = read(&mut columns[5]) as usize;
            let (suffix, rest) = columns[5].split_at(length);
            name.extend_from_slice(suffix);
            columns[5] = rest;
            table[read(&mut columns[6]) as usize] = String::from_utf8(name.clone()).unwrap();
        }
        (0..nodes)
            .map(|_| {
                let name = table[read(&mut columns[0]) as usize].clone();
                let children = read(&mut columns[1]);
                let before = i128::from(read(&mut columns[2]));
                let zigzag = read(&mut columns[3]);
                let change = i128::from((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64));
                let flags = read(&mut columns[4]);
                (name, children, Pair { before, after: before + change }, flags & 3, flags >> 2)
            })
            .collect()
    }

    fn read(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return value;
            }
        }
    }

    #[test]
    fn what_is_packed_can_be_read_back() {
        let report =
            report("m;a;x 4000\nm;größe 100\nm;b 5\n", "m;a;x 9000\nm;grösser 70\nm;b 5\nm;\u{1b}[1m 3\n");
        let graph = &report.graph;
        let rows = unpack(&pack(graph).unwrap());
        assert_eq!(rows.len(), graph.nodes.len());
        for (row, node) in rows.iter().zip(&graph.nodes) {
            assert_eq!(row.0, visible(&graph.names[node.name as usize]));
            assert_eq!(row.2, node.own);
            assert_eq!(row.4, u64::from(node.rank));
        }
        assert!(rows.iter().any(|row| row.3 == 1 && row.4 == 1), "x grew and is number 1");
        let children: u64 = rows.iter().map(|row| row.1).sum();
        assert_eq!(children as usize, rows.len() - 1);
    }

    #[test]
    fn values_beyond_53_bits_are_halved_and_negative_ones_are_zero() {
        let own = Pair { before: i128::from(i64::MAX), after: -5 };
        let node = GraphNode {
            name: 0,
            parent: 0,
            depth: 0,
            descendants: 0,
            own,
            total: own,
            mark: Mark::Shrank,
            rank: 300,
        };
        let graph = Graph { names: vec!["all".into()], nodes: vec![node], k: 1.0, decimals: 0 };
        let payload = pack(&graph).unwrap();
        assert_eq!(payload.shift, 11);
        let rows = unpack(&payload);
        let kept = Pair { before: own.before >> 11, after: 0 };
        assert_eq!(rows, [("all".to_owned(), 0, kept, 2, 300)]);
        assert!(unpack(&pack(&Graph::default()).unwrap()).is_empty());
    }
}
