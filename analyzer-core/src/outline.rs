//! What of a call tree fits a screen: the largest nodes as lines, the rest put together, so that lines add up.
//!
//! A line is a node and those below it that are the same but for what is too small to show: a chain of calls. What a
//! line has is what it has itself, the lines one level below it, and what is folded into it.

use crate::tree::{CallTree, Children, ROOT};
use std::collections::BinaryHeap;

/// How much of a tree is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At most so many lines, of the largest nodes.
    pub most: usize,
    /// Nodes of less are folded.
    pub least: f64,
    /// So many levels.
    pub depth: usize,
}

/// Of a chain, all frames have the value of the first but for one part in so many.
const CHAIN_LOSS: i128 = 50;

/// What a line is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Functions, each the only callee of the one before that is worth a line.
    Chain(Vec<u32>),
    /// So many nodes below the root that are too small.
    Folded(usize),
    /// What was measured in the root itself.
    Root,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What it is of.
    pub entry: Entry,
    /// Lines above it that it is part of.
    pub depth: usize,
    /// Whether no line of this depth follows in the line it is part of.
    pub is_last: bool,
    /// Whether it is the only line below the one that it is part of.
    pub is_only: bool,
    /// What the last function of the chain has itself.
    pub own: i128,
    /// What it has with what is below.
    pub total: i128,
    /// So many smaller nodes are part of it and have no line, and what they have; with what the frames of its chain but
    /// for the last have themselves.
    pub folded: Option<(usize, i128)>,
}

/// The lines, callers before callees, siblings by size, largest first.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub lines: Vec<Line>,
    /// Nodes that are large enough for a line and for which there were not enough.
    pub left: usize,
}

/// A node that has a line, or was added to the chain of one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Hidden,
    First,
    InChain,
}

/// The outline of the tree below its root.
pub(crate) fn outline(tree: &CallTree, children: &Children, limits: Limits) -> Outline {
    let total = |node: usize| tree.total[node].value.after;
    let size = |node: usize| total(node).unsigned_abs();
    let is_shown = |node: usize| total(node) != 0 && size(node) as f64 >= limits.least;
    let mut place = vec![Place::Hidden; tree.len()];
    // The largest first, of equal ones that with the lower number.
    let mut waiting = BinaryHeap::new();
    let push = |waiting: &mut BinaryHeap<_>, node: usize, depth: usize| {
        if depth < limits.depth {
            let shown =
                children.of(node).iter().map(|&child| child as usize).filter(|&child| is_shown(child));
            waiting.extend(shown.map(|child| (size(child), std::cmp::Reverse(child), depth)));
        }
    };
    push(&mut waiting, ROOT, 0);
    let mut shown = 0;
    while shown < limits.most
        && let Some((_, std::cmp::Reverse(first), depth)) = waiting.pop()
    {
        place[first] = Place::First;
        shown += 1;
        let mut last = first;
        while let Some(next) = next_of_chain(tree, children, (first, last), limits) {
            place[next] = Place::InChain;
            last = next;
        }
        push(&mut waiting, last, depth + 1);
    }
    Outline { lines: lines(tree, children, &place), left: waiting.len() }
}

/// The callee that belongs to the line of its callers from `first` to `last`, if one does.
fn next_of_chain(
    tree: &CallTree,
    children: &Children,
    (first, last): (usize, usize),
    limits: Limits,
) -> Option<usize> {
    let total = |node: usize| tree.total[node].value.after;
    let largest = children.of(last).iter().map(|&child| child as usize).max_by_key(|&child| total(child))?;
    let loss = (total(first) - total(largest)).abs();
    let is_small = loss == 0 || ((loss as f64) < limits.least && loss <= total(first).abs() / CHAIN_LOSS);
    (limits.depth > 1 && is_small).then_some(largest)
}

/// What is still to be listed.
enum Waiting {
    Node(usize),
    Rest(Entry, i128),
}

fn lines(tree: &CallTree, children: &Children, place: &[Place]) -> Vec<Line> {
    let total = |node: usize| tree.total[node].value.after;
    let mut lines: Vec<Line> = Vec::new();
    let mut waiting = vec![(Waiting::Node(ROOT), 0, true, false)];
    while let Some((next, depth, is_last, is_only)) = waiting.pop() {
        let first = match next {
            Waiting::Node(node) => node,
            Waiting::Rest(entry, total) => {
                lines.push(Line { entry, depth, is_last, is_only, own: total, total, folded: None });
                continue;
            }
        };
        // Down the chain: what is beside it is folded.
        let mut chain = Vec::new();
        let (mut last, mut folded) = (first, 0);
        let below = loop {
            chain.push(tree.key(last) as u32);
            let of_last = children.of(last).iter().map(|&child| child as usize);
            let next = of_last.clone().find(|&child| place[child] == Place::InChain);
            folded += of_last.filter(|&child| place[child] == Place::Hidden && total(child) != 0).count();
            let Some(next) = next else { break children.of(last) };
            folded += usize::from(tree.own[last].value.after != 0);
            last = next;
        };
        let own = tree.own[last].value.after;
        let shown = below.iter().map(|&child| child as usize).filter(|&child| place[child] == Place::First);
        let mut shown: Vec<usize> = shown.collect();
        shown.sort_by_key(|&child| (std::cmp::Reverse(total(child)), child));
        let rest = total(first) - own - shown.iter().map(|&child| total(child)).sum::<i128>();
        let mut parts: Vec<Waiting> = shown.into_iter().map(Waiting::Node).collect();
        if first == ROOT && own != 0 {
            parts.push(Waiting::Rest(Entry::Root, own));
        }
        let folded = Some((folded, rest)).filter(|_| rest != 0);
        if first == ROOT {
            parts.extend(folded.map(|(folded, rest)| Waiting::Rest(Entry::Folded(folded), rest)));
        }
        let depth = if first == ROOT {
            0
        } else {
            let (entry, total) = (Entry::Chain(chain), total(first));
            lines.push(Line { entry, depth, is_last, is_only, own, total, folded });
            depth + 1
        };
        let count = parts.len();
        let parts = parts.into_iter().enumerate().rev();
        let is_only = count == 1 && first != ROOT;
        waiting.extend(parts.map(|(at, part)| (part, depth, at + 1 == count, is_only)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::single::Single;
    use crate::spans::TraceValue;
    use analyzer_formats::{ReadOptions, read_bytes};

    const ALL: Limits = Limits { most: usize::MAX, least: 0.0, depth: usize::MAX };

    fn single(text: &str) -> Single {
        let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
        let capture = read_bytes("x", text.as_bytes(), &options).unwrap();
        Single::new(&capture, None, TraceValue::CriticalPath).unwrap()
    }

    /// `depth text total own`, a line each.
    fn shown(text: &str, limits: Limits) -> Vec<String> {
        let single = single(text);
        let outline = outline(&single.tree, &single.children, limits);
        assert_adds_up(&outline.lines, single.tree.total[ROOT].value.after);
        let line = |line: &Line| {
            let name =
                |&key: &u32| String::from_utf8_lossy(&single.keys.keys()[key as usize].name).into_owned();
            let text = match &line.entry {
                Entry::Chain(keys) => keys.iter().map(name).collect::<Vec<_>>().join(">"),
                Entry::Folded(number) => format!("+{number}"),
                Entry::Root => "root".to_owned(),
            };
            let folded = line.folded.map_or_else(String::new, |(number, sum)| format!(" +{number} {sum}"));
            format!("{} {text} {} {}{folded}", line.depth, line.total, line.own)
        };
        outline.lines.iter().map(line).collect()
    }

    /// Every line is what it has itself and the lines one level below it.
    fn assert_adds_up(lines: &[Line], total: i128) {
        let below = |start: usize, depth: usize| -> i128 {
            let part = lines[start..].iter().take_while(|line| line.depth >= depth);
            part.filter(|line| line.depth == depth).map(|line| line.total).sum()
        };
        assert_eq!(below(0, 0), total);
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| matches!(line.entry, Entry::Chain(_))) {
            let folded = line.folded.map_or(0, |(_, folded)| folded);
            assert_eq!(line.total, line.own + below(at + 1, line.depth + 1) + folded, "{line:?}");
        }
    }

    #[test]
    fn chains_are_one_line_and_siblings_stand_by_size() {
        let text = "main;run;b 2\nmain;run;a;x 5\nmain;run 1\nother 4\n";
        assert_eq!(shown(text, ALL), ["0 main>run 8 1", "1 a>x 5 5", "1 b 2 2", "0 other 4 4"]);
    }

    #[test]
    fn what_is_small_is_folded_and_counted() {
        let text = "main;a 90\nmain;b 4\nmain;c;d 3\nmain;e 3\n";
        let limits = Limits { least: 5.0, ..ALL };
        assert_eq!(shown(text, limits), ["0 main 100 0 +3 10", "1 a 90 90"]);
        let limits = Limits { most: 3, ..ALL };
        assert_eq!(shown(text, limits), ["0 main 100 0 +2 6", "1 a 90 90", "1 b 4 4"]);
    }

    #[test]
    fn what_is_small_along_a_chain_is_folded_below_it() {
        // `run` has 1 itself and `log` takes 1 beside `work`.
        let text = "main;run 1\nmain;run;log 1\nmain;run;work 498\n";
        let limits = Limits { least: 5.0, ..ALL };
        assert_eq!(shown(text, limits), ["0 main>run>work 500 498 +2 2"]);
    }

    #[test]
    fn levels_beyond_the_depth_are_folded() {
        let text = "main;a;x 6\nmain;b 4\n";
        let limits = Limits { depth: 1, ..ALL };
        assert_eq!(shown(text, limits), ["0 main 10 0 +2 10"]);
    }

    #[test]
    fn a_deep_recursion_with_work_at_every_level_adds_up() {
        let mut text = String::new();
        for depth in 1..=2_000 {
            text += &format!("main{} 1\n", ";f".repeat(depth));
        }
        let limits = Limits { most: 10, least: 10.0, ..ALL };
        let lines = shown(&text, limits);
        assert_eq!(lines.len(), 10, "{lines:#?}");
        assert!(lines[0].starts_with("0 main>f>f"), "{}", &lines[0][..20]);
    }

    #[test]
    fn one_stack_of_a_hundred_thousand_frames_is_one_line() {
        let text = format!("main{} 7\n", ";f;g".repeat(50_000));
        assert_eq!(shown(&text, ALL).len(), 1);
    }
}
