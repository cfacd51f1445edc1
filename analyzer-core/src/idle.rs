//! Waiting, which captures of wall time are full of: threads that sleep, and processors without work.
//!
//! How long threads wait says how many there are and how long was recorded, not what code costs, so waiting leaves the
//! comparison before scales and shares are computed. A capture of waiting alone, off-CPU time say, is compared as it is.

use crate::sides::Sides;
use crate::tree::{Cell, Side};
use crate::value::{Common, Evidence};
use analyzer_formats::{Function, Profile};
use regex::bytes::RegexSet;
use std::sync::LazyLock;

/// Where captures do not say whether they are of wall time, waiting leaves the comparison from this share on: a
/// processor is not busy with waiting for so long.
const LEAST_SHARE: f64 = 0.2;

/// Functions that threads wait in, whatever the language.
const WAITING: &[&str] = &[
    // Linux and its C library.
    r"^(__)?(futex_(abstimed_)?wait\w*|futex|futex_wait|pthread_cond_(timed|clock)?wait\w*|sem_(timed|clock)?wait\w*|poll|ppoll|epoll_p?wait2?|select|pselect\d*|nanosleep|clock_nanosleep\w*|usleep|sleep|accept4?|sigtimedwait|sigsuspend|waitpid|wait4|io_getevents|io_uring_enter\w*)(_nocancel|@.*)?$",
    r"^__GI___(poll|ppoll|select|nanosleep|futex_abstimed_wait\w*|clock_nanosleep)$|^__(libc_|internal_)?(accept|syscall_cancel)\w*$|^__syscall_cancel_arch$",
    // macOS.
    r"^(__psynch_cvwait|__semwait_signal|__workq_kernreturn|mach_msg\w*|kevent(64|_id|_qos)?|__select(_nocancel)?|semaphore_(timed)?wait_trap|__ulock_wait2?)$",
    // Rust.
    r"^(std::thread::(park|park_timeout|sleep)\b|std::sys::\S*futex_wait|parking_lot_core::\S*ThreadParker\S*::park|mio::\S*poll)",
    // Go.
    r"^(runtime\.(gopark|notesleep|notetsleepg?|futexsleep|mPark|netpoll|usleep|epollwait|timeSleep)|time\.Sleep|internal/runtime/syscall\.EpollWait|internal/poll\.runtime_pollWait)$",
    // Java.
    r"^(java[./]lang[./]Object\.wait0?|java[./]lang[./]Thread\.sleep0?|(jdk[./]internal[./]misc|sun[./]misc)[./]Unsafe\.park|sun[./]nio[./]ch[./]\S*(EPoll\w*\.wait|epollWait)|java[./]net[./]PlainSocketImpl\.socketAccept)",
    // .NET and Node.
    r"^(System\.Threading\.(Thread\.Sleep|Monitor\.(Wait|ObjWait)|WaitHandle\.\w*Wait\w*|LowLevelLifoSemaphore\.\w*Wait\w*)|uv__io_poll)\b",
];

/// Functions of the language's own library that Python waits in, with the file.
const WAITING_IN: &[&str] = &[
    r"^(wait|acquire|join|_wait_for_tstate_lock) (\S*/)?threading\.py$",
    r"^select (\S*/)?selectors\.py$",
    r"^(get|put) (\S*/)?queue\.py$",
    r"^(accept|recv|recv_into|readinto) (\S*/)?socket\.py$",
    r"^_worker (\S*/)?concurrent/futures/thread\.py$",
    r"^(poll|wait|_poll|_recv|recv_bytes) (\S*/)?multiprocessing/(connection|popen_\w+)\.py$",
    r"^(_try_wait|wait|_wait) (\S*/)?subprocess\.py$",
];

/// What a processor without work runs, in the kernel.
const IDLE_TASK: &[&str] = &[
    r"^(intel_idle\w*|(pv_)?native_safe_halt|mwait_idle\w*|acpi_(idle_\w+|safe_halt)|poll_idle|default_idle\w*|arch_cpu_idle|cpuidle_\w+|do_idle|cpu_idle\w*|cpu_startup_entry|cpu_do_idle|call_cpuidle|mwait_play_dead)$",
    r"^swapper(/\d+)?$",
];

struct Rules {
    waiting: RegexSet,
    waiting_in: RegexSet,
    idle_task: RegexSet,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let set = |patterns| {
        regex::bytes::RegexSetBuilder::new(patterns).unicode(false).build().expect("the patterns are tested")
    };
    Rules { waiting: set(WAITING), waiting_in: set(WAITING_IN), idle_task: set(IDLE_TASK) }
});

/// What was left out of the comparison because nothing was done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Idle {
    /// Its values and samples.
    pub(crate) cell: Cell,
}

impl Idle {
    pub(crate) fn add(&mut self, side: Side, idle: Cell) {
        debug_assert!(side == Side::Before || idle.value.before == 0, "a capture has one side");
        self.cell += idle;
    }
}

/// What the values of a capture are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// Time that passes, whether a thread works or waits.
    Wall,
    /// Time of processors, or what they do.
    Cpu,
    /// It does not say.
    Unsaid,
    /// Something that waiting is the point of, or that no thread spends.
    Other,
}

/// The rows of every part that are idle: one list for each, empty where none is.
pub(crate) fn rows(sides: &Sides<'_>, common: &Common, keep: bool) -> Vec<Vec<bool>> {
    let none = || sides.parts().map(|_| Vec::new()).collect();
    let clock = clock(common);
    if keep || sides.requests.is_some() || clock == Clock::Other {
        return none();
    }
    let rows: Vec<Vec<bool>> = sides
        .with(common)
        .map(|(_, part, column)| idle_rows(&part.profile, column.measure.series.index(), clock))
        .collect();
    // (idle, all) of before and of after
    let mut values = [(0i128, 0i128); 2];
    for ((side, part, column), rows) in sides.with(common).zip(&rows) {
        let samples = &part.profile.series[column.measure.series.index()].samples;
        let (idle, all) = &mut values[usize::from(side == Side::After)];
        for (row, &is_idle) in rows.iter().enumerate() {
            let value = column.measure.value(samples, row).max(0) * column.finest;
            *all += value;
            *idle += if is_idle { value } else { 0 };
        }
    }
    let share = |(idle, all): (i128, i128)| if all > 0 { idle as f64 / all as f64 } else { 0.0 };
    let widest = share(values[0]).max(share(values[1]));
    let nothing_else = values.iter().any(|&(idle, all)| all > 0 && idle == all);
    if widest == 0.0 || nothing_else || (clock == Clock::Unsaid && widest < LEAST_SHARE) {
        return none();
    }
    rows
}

fn clock(common: &Common) -> Clock {
    let name = common.name.as_str();
    let base =
        name.split([':', '/']).find(|part| !part.is_empty() && !part.starts_with("cpu_")).unwrap_or(name);
    let events = common.columns.iter().filter_map(|column| column.measure.event.as_deref());
    let is_event_of_cpu = |name: &str| {
        ["cpu", "cycles", "instructions", "cpu-clock", "task-clock", "itimer", "ctimer"]
            .iter()
            .any(|event| name.split([':', '/']).any(|part| part == *event))
    };
    match base {
        _ if name.contains("wall") => Clock::Wall,
        _ if is_event_of_cpu(name) => Clock::Cpu,
        "samples" if events.clone().next().is_some() => {
            if events.into_iter().all(is_event_of_cpu) {
                Clock::Cpu
            } else {
                Clock::Other
            }
        }
        "samples" | "sample"
            if common.columns.iter().all(|column| column.measure.evidence != Evidence::Unknown) =>
        {
            Clock::Unsaid
        }
        _ => Clock::Other,
    }
}

/// Which rows end in a function that waits.
fn idle_rows(profile: &Profile, series: usize, clock: Clock) -> Vec<bool> {
    let is_idle: Vec<bool> =
        profile.functions.iter().map(|function| is_idle(profile, function, clock)).collect();
    let function_of = |stack| profile.frame(profile.stack(stack).frame).function.index();
    let leaf_is_idle = |stack: &Option<_>| stack.is_some_and(|stack| is_idle[function_of(stack)]);
    profile.series[series].samples.stacks.iter().map(leaf_is_idle).collect()
}

fn is_idle(profile: &Profile, function: &Function, clock: Clock) -> bool {
    let name = profile.strings.get(function.name);
    if RULES.idle_task.is_match(name) {
        return true;
    }
    if clock == Clock::Cpu {
        return false;
    }
    let file = function.file.map(|file| profile.strings.get(file)).unwrap_or_default();
    RULES.waiting.is_match(name) || (!file.is_empty() && RULES.waiting_in.is_match(&[name, file].join(&b' ')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    #[test]
    fn waiting_is_told_from_work() {
        for name in [
            "futex_wait",
            "__futex_abstimed_wait_common64",
            "epoll_wait",
            "runtime.gopark",
            "poll",
            "jdk/internal/misc/Unsafe.park",
            "std::thread::sleep",
            "__psynch_cvwait",
        ] {
            assert!(RULES.waiting.is_match(name.as_bytes()), "{name}");
        }
        for name in [
            "futex_hash",
            "poll_requests",
            "runtime.park_m",
            "select_rows",
            "waiting_list::push",
            "accept_order",
            "java.util.List.wait",
        ] {
            assert!(!RULES.waiting.is_match(name.as_bytes()), "{name}");
        }
        assert!(RULES.waiting_in.is_match(b"wait /usr/lib/python3.11/threading.py"));
        assert!(RULES.waiting_in.is_match(b"select selectors.py"));
        assert!(!RULES.waiting_in.is_match(b"wait shop/orders.py"));
        assert!(RULES.idle_task.is_match(b"intel_idle_ibrs") && !RULES.idle_task.is_match(b"do_idle_work"));
    }

    fn report(before: &str, after: &str, options: &CompareOptions) -> crate::report::Report {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        compare(&read(before), &read(after), options).unwrap()
    }

    #[test]
    fn more_threads_that_wait_are_no_change() {
        let work = "main;serve;parse 400\nmain;serve;render 300\n";
        let text = |waits: u32| format!("{work}pool;worker;epoll_wait {waits}\n");
        let (before, after) = (text(1000), text(4000));
        let apart = report(&before, &after, &CompareOptions::default());
        assert_eq!(apart.before.value, 700.0);
        let idle = apart.idle.unwrap();
        assert_eq!((idle.before, idle.after), (1000.0, 4000.0));
        assert!(apart.plateaus.is_empty(), "{:?}", apart.plateaus);
        let kept = report(&before, &after, &CompareOptions { keep_idle: true, ..CompareOptions::default() });
        assert_eq!(kept.plateaus[0].function, "epoll_wait");
        assert!(kept.idle.is_none());
    }

    #[test]
    fn a_little_waiting_is_work_where_the_clock_is_unsaid() {
        let text = "main;serve 900\nmain;futex 50\n";
        assert!(report(text, text, &CompareOptions::default()).idle.is_none());
    }

    #[test]
    fn a_capture_of_waiting_alone_is_compared() {
        let report = report("a;futex 900\n", "a;futex 800\n", &CompareOptions::default());
        assert_eq!((report.before.value, report.idle.is_none()), (900.0, true));
    }
}
