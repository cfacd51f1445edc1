//! Interrupts of timers and schedulers, which stop whatever runs: their samples count as what they interrupt.
//!
//! A thread that loses its processor is seen where the kernel switched it away and back, `asm_sysvec_apic_timer_interrupt;
//! irqentry_exit_to_user_mode;schedule;finish_task_switch`, and a goroutine in `runtime.asyncPreempt`. How often that happens
//! says how busy the machine was with other things; what ran before and after is the interrupted function. Work that
//! is done in interrupts, of devices and of the network, stays.

use super::KeySpace;
use super::joint::Joint;
use crate::tree::{Pair, ROOT, Step};
use regex::bytes::{RegexSet, RegexSetBuilder};
use std::sync::LazyLock;

/// What stops code at any place. All it calls goes with it.
const ENTRIES: &[&str] = &[
    r"^(asm_)?sysvec_(apic_timer_interrupt|reschedule_ipi|call_function(_single)?|irq_work|kvm_asyncpf_interrupt|hyperv_\w+|xen_hvm_callback)(_\w+)?$",
    r"^(smp_)?(apic_timer_interrupt|reschedule_interrupt|call_function(_single)?_interrupt)$",
    r"^el0t?_(64|32)_irq(_handler)?$|^el1h_64_irq(_handler)?$|^el[01]_irq$",
];
/// What is put before the next instruction of code that has to give way; what it calls is the scheduler's work.
const PREEMPTIONS: &[&str] = &[r"^runtime\.asyncPreempt$"];
/// Work that is done in interrupts.
const WORK: &[&str] = &[
    r"^(__)?(do_softirq\w*|handle_softirqs\w*)$|^(__)?(handle_irq_event\w*|generic_handle_\w*irq\w*)$|^(common_interrupt|do_IRQ)$",
];

static RULES: LazyLock<[RegexSet; 3]> = LazyLock::new(|| {
    [ENTRIES, PREEMPTIONS, WORK].map(|patterns| {
        let set = RegexSetBuilder::new(patterns).unicode(false).build();
        set.expect("the patterns are tested")
    })
});

/// What a function is to interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Entry,
    Preemption,
    Work,
    Other,
}

fn role(name: &[u8]) -> Role {
    let [entries, preemptions, work] = &*RULES;
    match name {
        _ if entries.is_match(name) => Role::Entry,
        _ if preemptions.is_match(name) => Role::Preemption,
        _ if work.is_match(name) => Role::Work,
        _ => Role::Other,
    }
}

/// What was taken for a part of what it interrupted, in the unit of the values; `None` where nothing was.
pub(super) fn interrupts(joint: &mut Joint, keys: &KeySpace) -> Option<Pair<i128>> {
    let roles: Vec<Role> = keys.keys().iter().map(|key| role(&key.name)).collect();
    if !roles.iter().any(|role| matches!(role, Role::Entry | Role::Preemption)) {
        return None;
    }
    let tree = &joint.tree;
    let mut within = vec![false; tree.len()];
    let mut merged = vec![false; tree.len()];
    let mut sum = Pair::default();
    for node in 1..tree.len() {
        let caller = tree.parent(node);
        let role = roles[tree.key(node)];
        within[node] = match role {
            Role::Work => false,
            // At the root there is nothing that it interrupts.
            Role::Entry => caller != ROOT,
            _ => within[caller],
        };
        merged[node] = within[node] || (role == Role::Preemption && caller != ROOT);
        if merged[node] {
            sum.before += tree.own[node].value.before;
            sum.after += tree.own[node].value.after;
        }
    }
    if sum == Pair::default() {
        return None;
    }
    let step = |node: usize| if merged[node] { Step::Merge } else { Step::Keep };
    *joint = Joint::new(tree.rearranged(|node| tree.key(node) as u32, step), keys);
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    #[test]
    fn roles_are_told_by_names() {
        for (name, expected) in [
            ("asm_sysvec_apic_timer_interrupt", Role::Entry),
            ("sysvec_reschedule_ipi", Role::Entry),
            ("el0t_64_irq", Role::Entry),
            ("runtime.asyncPreempt", Role::Preemption),
            ("runtime.asyncPreempt2", Role::Other),
            ("__do_softirq", Role::Work),
            ("common_interrupt", Role::Work),
            ("asm_exc_page_fault", Role::Other),
            ("handle_interrupts", Role::Other),
        ] {
            assert_eq!(role(name.as_bytes()), expected, "{name}");
        }
    }

    fn text(preempted: u32, parse: u32) -> String {
        let others: String = (0..30)
            .map(|n| {
                let switched =
                    format!("main;other{n};asm_sysvec_apic_timer_interrupt;irqentry_exit;schedule");
                format!("main;other{n} {}\n{switched} {preempted}\n", 400 + 10 * n - preempted)
            })
            .collect();
        others
            + &format!("main;parse {}\nmain;parse;runtime.asyncPreempt {preempted}\n", parse - preempted)
            + "main;read;asm_sysvec_apic_timer_interrupt;__do_softirq;net_rx_action 300\n"
    }

    #[test]
    fn a_busier_machine_makes_nothing_grow() {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let (calm, busy) = (read(&text(2, 500)), read(&text(60, 500)));
        let report = compare(&calm, &busy, &CompareOptions::default()).unwrap();
        assert!(report.plateaus.is_empty(), "{:?}", report.plateaus);
        let interrupts = report.alignment.unwrap().interrupts.unwrap();
        assert!(interrupts.before_pct < 1.0 && interrupts.after_pct > 10.0, "{interrupts:?}");
        let kept = CompareOptions { keep_interrupts: true, ..CompareOptions::default() };
        assert_eq!(compare(&calm, &busy, &kept).unwrap().plateaus[0].function, "schedule");
    }

    #[test]
    fn what_grew_is_found_in_spite_of_it() {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let report =
            compare(&read(&text(2, 500)), &read(&text(60, 1500)), &CompareOptions::default()).unwrap();
        assert_eq!(report.plateaus[0].function, "parse");
        let names: Vec<&str> =
            report.graph.nodes.iter().map(|node| report.graph.names[node.name as usize].as_str()).collect();
        assert!(names.contains(&"net_rx_action") && !names.contains(&"schedule"), "{names:?}");
    }
}
