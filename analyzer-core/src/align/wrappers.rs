//! Wrappers: frames that one side has between a function and what it called directly on the other side.
//!
//! Such a frame is bridged: what it calls is put below its caller, as on the other side. What it takes by itself stays
//! below the caller under its own name.
//!
//! A frame is a wrapper when its caller called on the other side what it passes the samples on to, and calls that directly
//! no more, or less by what passes through. Otherwise it would be a further path to the same code, which is no wrapper.

use super::joint::Joint;
use super::{KeySpace, is_missing};
use crate::tree::{CallTree, Cell, Pair, ROOT, Side, Step};
use rustc_hash::{FxHashMap, FxHashSet};

/// Functions of a smaller share, with what they call, are not looked at.
const LEAST_SHARE: f64 = 0.002;
/// The least share of a wrapper that goes to what its caller called on the other side,
const PASSED: f64 = 0.8;
/// and the most that it takes itself.
const OWN: f64 = 0.15;
/// Of what passes, the least share that the caller called directly on the other side and does no more.
const REPLACED: f64 = 0.6;
/// Wrappers of wrappers that turn out to be none are taken out one round after the other.
const MOST_ROUNDS: usize = 8;

/// A frame between others that one side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wrapper {
    pub(crate) function: u32,
    /// The function below which it is one; `None` for a function that the other side has not at all.
    pub(crate) caller: Option<u32>,
    /// The side that has it.
    pub(crate) side: Side,
}

/// Finds the wrappers and bridges them.
pub(super) fn wrappers(joint: &mut Joint, keys: &KeySpace, k: f64) -> Vec<Wrapper> {
    let mut found = Vec::new();
    for nesting in [Nesting::Chains, Nesting::Single] {
        let units = match nesting {
            Nesting::Chains => new_functions(joint),
            Nesting::Single => new_calls(joint),
        };
        let (units, passing) = settled(joint, units, nesting, k);
        if units.is_empty() {
            continue;
        }
        let step = |node: usize| if passing[node] != NONE { Step::Bridge } else { Step::Keep };
        let tree = joint.tree.rearranged(|node| joint.tree.key(node) as u32, step);
        *joint = Joint::new(tree, keys);
        found.extend(units);
    }
    let name = |key: u32| &keys.keys()[key as usize].name;
    found.sort_by(|one, other| {
        let place =
            |wrapper: &Wrapper| (name(wrapper.function), wrapper.caller.map(name), wrapper.side as u8);
        place(one).cmp(&place(other))
    });
    found
}

/// No unit.
const NONE: u32 = u32::MAX;
/// The root as a caller.
const TOP: u32 = u32::MAX;

/// What a wrapper may wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nesting {
    /// Other wrappers as well: functions that one side has not at all stand between those that both have.
    Chains,
    /// A function alone: around a known function that is called anew, its callees are called anew by it as well.
    Single,
}

/// What may be wrappers, and by node which of them it is.
type Units = (Vec<Wrapper>, Vec<u32>);

/// Shares of before and of after.
struct Shares(Pair<i128>);

impl Shares {
    /// The side that alone has what was measured; `None` for what both have, or for little.
    fn only_side(&self, cell: &Cell) -> Option<Side> {
        let shares = self.of(cell.value);
        match (shares.before, shares.after) {
            _ if !is_missing(cell) => None,
            (before, 0.0) if before >= LEAST_SHARE => Some(Side::Before),
            (0.0, after) if after >= LEAST_SHARE => Some(Side::After),
            _ => None,
        }
    }

    fn of(&self, value: Pair<i128>) -> Pair<f64> {
        let share = |value: i128, whole: i128| if whole > 0 { value as f64 / whole as f64 } else { 0.0 };
        Pair { before: share(value.before, self.0.before), after: share(value.after, self.0.after) }
    }
}

fn on<T>(side: Side, pair: Pair<T>) -> T {
    match side {
        Side::Before => pair.before,
        Side::After => pair.after,
    }
}

/// The functions that one side alone has.
fn new_functions(joint: &Joint) -> Units {
    let shares = Shares(joint.tree.total[ROOT].value);
    let mut units = Vec::new();
    let unit_of: Vec<u32> = (0..joint.functions.len())
        .map(|key| match shares.only_side(&joint.functions[key].total) {
            Some(side) => {
                units.push(Wrapper { function: key as u32, caller: None, side });
                units.len() as u32 - 1
            }
            None => NONE,
        })
        .collect();
    let of_node = |node: usize| if node == ROOT { NONE } else { unit_of[joint.tree.key(node)] };
    if units.is_empty() {
        return (units, Vec::new());
    }
    (units, (0..joint.tree.len()).map(of_node).collect())
}

/// The calls of functions that both sides have, where one side alone has the call.
fn new_calls(joint: &Joint) -> Units {
    let tree = &joint.tree;
    let shares = Shares(tree.total[ROOT].value);
    let is_wide: Vec<bool> = joint
        .functions
        .iter()
        .map(|function| {
            let total = shares.of(function.total.value);
            total.before.max(total.after) >= LEAST_SHARE && total.before.min(total.after) > 0.0
        })
        .collect();
    let mut calls: FxHashMap<(u32, u32), Cell> = FxHashMap::default();
    let call = |node: usize| {
        let (callee, caller) = (tree.key(node), tree.parent(node));
        let is_known = is_wide[callee] && (caller == ROOT || is_wide[tree.key(caller)]);
        (is_known && (caller == ROOT || tree.key(caller) != callee))
            .then(|| (top(tree, caller), callee as u32))
    };
    for node in 1..tree.len() {
        if let Some(call) = call(node) {
            *calls.entry(call).or_default() += tree.total[node];
        }
    }
    calls.retain(|_, cell| shares.only_side(cell).is_some());
    if calls.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let (mut units, mut unit_of) = (Vec::new(), vec![NONE; tree.len()]);
    let mut index: FxHashMap<(u32, u32), u32> = FxHashMap::default();
    for (node, unit) in unit_of.iter_mut().enumerate().skip(1) {
        let Some(call) = call(node) else { continue };
        let Some(side) = calls.get(&call).and_then(|cell| shares.only_side(cell)) else { continue };
        *unit = *index.entry(call).or_insert_with(|| {
            let caller = (call.0 != TOP).then_some(call.0);
            units.push(Wrapper { function: call.1, caller, side });
            units.len() as u32 - 1
        });
    }
    (units, unit_of)
}

fn top(tree: &CallTree, node: usize) -> u32 {
    if node == ROOT { TOP } else { tree.key(node) as u32 }
}

/// What passes through a unit, in values of its side.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    total: i128,
    own: i128,
    /// To what the caller above all wrappers called on the other side,
    passed: i128,
    /// and how much less that caller calls it directly.
    replaced: f64,
}

impl Flow {
    fn is_wrapper(&self) -> bool {
        let (total, passed) = (self.total as f64, self.passed as f64);
        // The sum depends on its order by a little.
        let replaced = self.replaced * (1.0 + 1e-9);
        passed >= PASSED * total && self.own as f64 <= OWN * total && replaced >= REPLACED * passed
    }
}

/// The units that are wrappers, numbered anew. Those that are none may have been taken for the callers of others, so
/// what is left is looked at again.
fn settled(joint: &Joint, (mut units, mut unit_of): Units, nesting: Nesting, k: f64) -> Units {
    for _ in 0..MOST_ROUNDS {
        if units.is_empty() {
            break;
        }
        let flows = Flows::new(&joint.tree, &units, &unit_of, nesting).of_units(k);
        let mut number = vec![NONE; units.len()];
        let mut kept = Vec::new();
        for unit in (0..units.len()).filter(|&unit| flows[unit].is_wrapper()) {
            number[unit] = kept.len() as u32;
            kept.push(units[unit]);
        }
        if kept.len() == units.len() {
            return (units, unit_of);
        }
        unit_of.iter_mut().filter(|unit| **unit != NONE).for_each(|unit| *unit = number[*unit as usize]);
        units = kept;
    }
    (Vec::new(), vec![NONE; unit_of.len()])
}

/// A call across wrappers, from the caller above them to the callee below, on one side.
type Call = (u32, u32, bool);

/// What goes across wrappers.
#[derive(Clone, Copy, Debug, Default)]
struct Across {
    through: i128,
    /// Direct calls of the same, on both sides.
    direct: Pair<i128>,
}

struct Flows<'a> {
    tree: &'a CallTree,
    units: &'a [Wrapper],
    unit_of: &'a [u32],
    nesting: Nesting,
    /// By node below a unit, the node above the units.
    above: Vec<u32>,
    across: FxHashMap<Call, Across>,
}

impl<'a> Flows<'a> {
    fn new(tree: &'a CallTree, units: &'a [Wrapper], unit_of: &'a [u32], nesting: Nesting) -> Flows<'a> {
        let above = vec![ROOT as u32; tree.len()];
        let mut flows = Flows { tree, units, unit_of, nesting, above, across: FxHashMap::default() };
        // Most functions are no callees of units.
        let mut is_callee: FxHashSet<u32> = FxHashSet::default();
        for node in 1..tree.len() {
            let caller = tree.parent(node);
            let is_chain = nesting == Nesting::Chains && flows.unit(caller).is_some();
            flows.above[node] = if is_chain { flows.above[caller] } else { caller as u32 };
            if let Some(call) = flows.call_across(node) {
                let side = flows.units[flows.unit_of[caller] as usize].side;
                flows.across.entry(call).or_default().through += on(side, tree.total[node].value);
                is_callee.insert(call.1);
            }
        }
        for node in 1..tree.len() {
            let (caller, key) = (tree.parent(node), tree.key(node) as u32);
            let is_far = nesting == Nesting::Chains && (flows.unit(node).or(flows.unit(caller))).is_some();
            if is_far || !is_callee.contains(&key) {
                continue;
            }
            for is_before in [true, false] {
                if let Some(across) = flows.across.get_mut(&(top(tree, caller), key, is_before)) {
                    let value = tree.total[node].value;
                    across.direct.before += value.before;
                    across.direct.after += value.after;
                }
            }
        }
        flows
    }

    fn unit(&self, node: usize) -> Option<&Wrapper> {
        self.units.get(self.unit_of[node] as usize)
    }

    /// The call across units that ends at `node`.
    fn call_across(&self, node: usize) -> Option<Call> {
        let caller = self.tree.parent(node);
        let unit = self.unit(caller)?;
        let above = match self.nesting {
            Nesting::Chains if self.unit(node).is_some() => return None,
            Nesting::Chains => self.above[node],
            Nesting::Single => self.above[caller],
        };
        Some((top(self.tree, above as usize), self.tree.key(node) as u32, unit.side == Side::Before))
    }

    /// What passes through each unit.
    fn of_units(&self, k: f64) -> Vec<Flow> {
        let tree = self.tree;
        // By node, what it passes on.
        let mut passing = vec![(0i128, 0.0f64); tree.len()];
        let mut flows = vec![Flow::default(); self.units.len()];
        for node in (1..tree.len()).rev() {
            if let Some(unit) = self.unit(node) {
                let flow = &mut flows[self.unit_of[node] as usize];
                flow.total += on(unit.side, tree.total[node].value);
                flow.own += on(unit.side, tree.own[node].value);
                flow.passed += passing[node].0;
                flow.replaced += passing[node].1;
            }
            let caller = tree.parent(node);
            let (passed, replaced) = match (self.unit(caller), self.call_across(node)) {
                (None, _) => continue,
                // Within a chain.
                (Some(_), None) => passing[node],
                (Some(unit), Some(call)) => {
                    let Across { through, direct } = self.across[&call];
                    let (before, after) = (k * direct.before as f64, direct.after as f64);
                    let (scale, less) = match unit.side {
                        Side::Before => (k, after - before),
                        Side::After => (1.0, before - after),
                    };
                    let there = if unit.side == Side::Before { after } else { before };
                    if there > 0.0 && through > 0 {
                        let passed = on(unit.side, tree.total[node].value);
                        (passed, passed as f64 * less / (scale * through as f64))
                    } else {
                        (0, 0.0)
                    }
                }
            };
            passing[caller].0 += passed;
            passing[caller].1 += replaced;
        }
        flows
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    fn diff(before: &str, after: &str, wrappers: bool) -> Report {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let options = CompareOptions { wrappers, ..CompareOptions::default() };
        compare(&read(before), &read(after), &options).unwrap()
    }

    fn bridged(before: &str, after: &str) -> Vec<(String, Option<String>, &'static str)> {
        let rows =
            diff(before, after, true).alignment.map(|alignment| alignment.inserted).unwrap_or_default();
        rows.into_iter().map(|row| (row.function, row.caller, row.side)).collect()
    }

    const PLAIN: &str =
        "main;serve;price 200\nmain;serve;price;round 300\nmain;serve;load 100\nmain;idle 400\n";

    #[test]
    fn a_frame_put_between_two_others_is_bridged() {
        let wrapped = "main;serve;guarded 20\nmain;serve;guarded;price 190\nmain;serve;guarded;price;round 310\n\
                       main;serve;load 100\nmain;idle 400\n";
        assert_eq!(bridged(PLAIN, wrapped), [("guarded".to_owned(), None, "after")]);
        assert_eq!(bridged(wrapped, PLAIN), [("guarded".to_owned(), None, "before")]);
        let report = diff(PLAIN, wrapped, true);
        let names = &report.graph.names;
        let nodes: Vec<_> = report
            .graph
            .nodes
            .iter()
            .map(|node| (names[node.name as usize].as_str(), node.total.after))
            .collect();
        assert!(nodes.contains(&("guarded", 20)) && nodes.contains(&("price", 500)), "{nodes:?}");
        // Of 1020: half of 20 itself and of what scatters.
        assert!(report.verdict.distance_pct.is_some_and(|distance| distance < 3.0));
        assert!(diff(PLAIN, wrapped, false).verdict.distance_pct.is_some_and(|distance| distance > 40.0));
    }

    #[test]
    fn frames_around_frames_are_bridged() {
        let wrapped = PLAIN.replace("serve;price", "serve;outer;inner;price");
        let rows = [("inner".to_owned(), None, "after"), ("outer".to_owned(), None, "after")];
        assert_eq!(bridged(PLAIN, &wrapped), rows);
        let at_top: String = PLAIN.lines().map(|line| format!("start;{line}\n")).collect();
        assert_eq!(bridged(PLAIN, &at_top), [("start".to_owned(), None, "after")]);
        assert_eq!(diff(PLAIN, &wrapped, true).verdict.distance_pct, Some(0.0));
    }

    #[test]
    fn a_known_function_newly_used_as_a_wrapper_is_bridged_there() {
        let before = format!("{PLAIN}main;admin;retry 10\nmain;admin;retry;export 200\n");
        let after = before.replace("serve;price", "serve;retry;price");
        let row = ("retry".to_owned(), Some("serve".to_owned()), "after");
        assert_eq!(bridged(&before, &after), [row]);
        assert_eq!(diff(&before, &after, true).verdict.distance_pct, Some(0.0));
    }

    #[test]
    fn other_new_frames_are_not() {
        for after in [
            // It takes more than it passes on.
            "main;serve;price 200\nmain;serve;price;round 300\nmain;serve;slow 90\nmain;serve;slow;load 100\nmain;idle 400\n",
            // A further path to the same code.
            "main;serve;price 200\nmain;serve;price;round 300\nmain;serve;load 100\nmain;serve;again;price 200\n\
             main;serve;again;price;round 300\nmain;idle 400\n",
            // What it calls was not called there.
            "main;serve;price 200\nmain;serve;price;round 300\nmain;serve;load 100\nmain;other;round 400\nmain;idle 400\n",
        ] {
            assert_eq!(bridged(PLAIN, after), [], "{after}");
            assert_eq!(bridged(after, PLAIN), [], "{after}");
        }
    }
}
