//! The call tree as it travels inside the page; `decode.js` reads it.
//!
//! All numbers are LEB128 varints of at most 53 bits, which a script reads exactly. First the number of nodes and that of
//! names; then the columns, one value per node in pre-order: name, children, self before, change of self
//! (zigzag), flags (mark + 4 x whether it is a region's + 8 x rank); then the numbers of the names in alphabetical
//! order, and the names in this order with a NUL between two. Names are numbered by frequency, so that most take one
//! byte. The whole is deflated, which makes short work of what sorted names share, and written as base64.
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
    let mut columns: [Vec<u8>; 6] = Default::default();
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
        varint(&mut columns[4], mark | u64::from(node.is_region) << 2 | u64::from(node.rank) << 3);
    }
    let mut names: Vec<(String, u32)> =
        graph.names.iter().zip(&numbers).map(|(name, &number)| (visible(name), number)).collect();
    names.sort();
    names.iter().for_each(|(_, number)| varint(&mut columns[5], u64::from(*number)));
    let mut all = Vec::new();
    for value in [graph.nodes.len() as u64, names.len() as u64] {
        varint(&mut all, value);
    }
    all.extend(columns.concat());
    let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    all.extend(names.join("\0").as_bytes());
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
        let (nodes, names) = (read(&mut at) as usize, read(&mut at) as usize);
        let mut column = |length: usize| (0..length).map(|_| read(&mut at)).collect::<Vec<u64>>();
        let columns: Vec<Vec<u64>> = (0..5).map(|_| column(nodes)).collect();
        let numbers = column(names);
        let mut table = vec![String::new(); names];
        for (number, name) in numbers.iter().zip(String::from_utf8(at.to_vec()).unwrap().split('\0')) {
            table[*number as usize] = name.to_owned();
        }
        (0..nodes)
            .map(|node| {
                let [name, children, before, zigzag, flags] =
                    [0, 1, 2, 3, 4].map(|column| columns[column][node]);
                let change = i128::from((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64));
                let own = Pair { before: before.into(), after: i128::from(before) + change };
                (table[name as usize].clone(), children, own, flags & 7, flags >> 3)
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
            is_region: true,
            rank: 300,
        };
        let graph = Graph { names: vec!["all".into()], nodes: vec![node], k: 1.0, decimals: 0 };
        let payload = pack(&graph).unwrap();
        assert_eq!(payload.shift, 11);
        let rows = unpack(&payload);
        let kept = Pair { before: own.before >> 11, after: 0 };
        assert_eq!(rows, [("all".to_owned(), 0, kept, 6, 300)]);
        assert!(unpack(&pack(&Graph::default()).unwrap()).is_empty());
    }
}
