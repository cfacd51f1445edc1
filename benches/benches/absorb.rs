//! Putting the stacks of chunks together: one thread in the order of the file, pairs of chunks in a tree, or shards
//! by hash on all threads. This chose the first for `formats/src/chunk.rs`.
//!
//! All three number stacks by first occurrence, and are checked to give the same stacks. Only the last two need all
//! chunks in memory at once; in `plateau` the first runs while other threads still read.

#![allow(missing_docs, reason = "criterion's macros make public items")]

use analyzer_formats::{Content, Profile, ProfileBuilder, ReadOptions, Stack, StackId, read_bytes};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use rayon::prelude::*;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;

const SIZE: usize = 64 << 20;
const CHUNK: usize = 4 << 20;
const SHARDS: usize = 64;

/// A way to put the stacks of chunks together.
type Way = fn(Vec<ProfileBuilder>) -> Vec<Stack>;

/// A chunk as a reader leaves it.
fn builder(profile: &Profile) -> ProfileBuilder {
    let mut builder = ProfileBuilder::default();
    for string in profile.strings.iter() {
        builder.string(string);
    }
    for &function in &profile.functions {
        builder.function(function);
    }
    for &frame in &profile.frames {
        builder.frame(frame);
    }
    for stack in &profile.stacks {
        builder.stack(stack.parent, stack.frame);
    }
    builder
}

fn in_order(chunks: Vec<ProfileBuilder>) -> Vec<Stack> {
    let mut whole = ProfileBuilder::default();
    chunks.into_iter().for_each(|chunk| whole.absorb(chunk));
    whole.finish().stacks
}

fn in_pairs(chunks: Vec<ProfileBuilder>) -> Vec<Stack> {
    let whole = chunks.into_par_iter().reduce_with(|mut earlier, later| {
        earlier.absorb(later);
        earlier
    });
    whole.map_or_else(Vec::new, |whole| whole.finish().stacks)
}

/// Where a stack is met first.
#[derive(Clone, Copy)]
struct First {
    chunk: u32,
    index: u32,
}

/// Stacks are told apart by a hash of their whole path, dealt out to shards by it, numbered in order of their first
/// places, and written by all threads. Equal hashes are taken for equal stacks, which a reader could not do.
fn sharded(chunks: Vec<ProfileBuilder>) -> Vec<Stack> {
    let profiles: Vec<Profile> = chunks.into_par_iter().map(ProfileBuilder::finish).collect();
    let mut frames = ProfileBuilder::default();
    let frames_here: Vec<Vec<analyzer_formats::FrameId>> = profiles
        .iter()
        .map(|profile| {
            let text = |id| profile.strings.get(id);
            let here = profile.frames.iter().map(|frame| {
                let function = profile.function(frame.function);
                let (name, file) =
                    (frames.string(text(function.name)), function.file.map(|id| frames.string(text(id))));
                let function = frames.function(analyzer_formats::Function { name, file, ..*function });
                frames.frame(analyzer_formats::Frame { function, ..*frame })
            });
            here.collect()
        })
        .collect();
    let dealt: Vec<Vec<Vec<(u64, u32)>>> = profiles
        .par_iter()
        .zip(&frames_here)
        .map(|(profile, frames)| {
            let mut hashes: Vec<u64> = Vec::with_capacity(profile.stacks.len());
            let mut shards = vec![Vec::new(); SHARDS];
            for (index, stack) in profile.stacks.iter().enumerate() {
                let parent = stack.parent.map_or(1, |parent| hashes[parent.index()]);
                let hash = FxBuildHasher.hash_one((parent, frames[stack.frame.index()]));
                hashes.push(hash);
                shards[(hash >> 58) as usize].push((hash, index as u32));
            }
            shards
        })
        .collect();
    // For every stack of every chunk, where it was met first.
    let firsts: Vec<Vec<(u32, u32, First)>> = (0..SHARDS)
        .into_par_iter()
        .map(|shard| {
            let mut known: FxHashMap<u64, First> = FxHashMap::default();
            let mut firsts = Vec::new();
            for (chunk, dealt) in dealt.iter().enumerate() {
                for &(hash, index) in &dealt[shard] {
                    let here = First { chunk: chunk as u32, index };
                    firsts.push((chunk as u32, index, *known.entry(hash).or_insert(here)));
                }
            }
            firsts
        })
        .collect();
    let mut first_of: Vec<Vec<First>> =
        profiles.iter().map(|profile| vec![First { chunk: 0, index: 0 }; profile.stacks.len()]).collect();
    for (chunk, index, first) in firsts.into_iter().flatten() {
        first_of[chunk as usize][index as usize] = first;
    }
    let is_first = |chunk: usize, index: usize| {
        let first = first_of[chunk][index];
        (first.chunk as usize, first.index as usize) == (chunk, index)
    };
    let mut next = 0u32;
    let numbers: Vec<Vec<u32>> = (0..profiles.len())
        .map(|chunk| {
            let number = |index| {
                let number = next;
                next += u32::from(is_first(chunk, index));
                number
            };
            (0..profiles[chunk].stacks.len()).map(number).collect()
        })
        .collect();
    let rows: Vec<Vec<Stack>> = profiles
        .par_iter()
        .enumerate()
        .map(|(chunk, profile)| {
            let id = |stack: StackId| {
                let first = first_of[chunk][stack.index()];
                StackId::new(numbers[first.chunk as usize][first.index as usize] as usize)
            };
            let first = profile.stacks.iter().enumerate().filter(|&(index, _)| is_first(chunk, index));
            let row = |(_, stack): (usize, &Stack)| Stack {
                parent: stack.parent.map(id),
                frame: frames_here[chunk][stack.frame.index()],
            };
            first.map(row).collect()
        })
        .collect();
    rows.concat()
}

fn absorbing(criterion: &mut Criterion) {
    let text = benches::generate::folded::distinct(SIZE, benches::generate::folded::Side::Before);
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let wanted = (start + CHUNK).min(text.len());
        let end =
            text[wanted..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| wanted + at + 1);
        let capture = read_bytes("chunk", &text[start..end], &ReadOptions::default()).expect("folded text");
        let Content::Profile(profile) = capture.content else { panic!("folded text is a profile") };
        chunks.push(builder(&profile));
        start = end;
    }
    let expected = in_order(chunks.clone());
    let ways: [(&str, Way); 3] = [("in order", in_order), ("in pairs", in_pairs), ("sharded", sharded)];
    let mut group = criterion.benchmark_group("absorb");
    group.sample_size(10);
    group.throughput(criterion::Throughput::Elements(expected.len() as u64));
    for (name, way) in ways {
        assert!(way(chunks.clone()) == expected, "{name}: {} stacks expected", expected.len());
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| chunks.clone(), way, BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(groups, absorbing);
criterion_main!(groups);
