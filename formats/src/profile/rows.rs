//! Collects the rows of one series: samples added up by stack, or one row per record.

use super::{LabelSetId, Moment, Samples, Series, StackId, ThreadId, ValueType};
use rustc_hash::FxHashMap;

/// The rows of a series under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// The rows. The column of values that are added up is in `sums` until the end.
    samples: Samples,
    records: u64,
    /// Where samples are added up: the row of each stack plus one, 0 for none. Index 0 is for samples without
    /// a stack, the stack of index n is at n + 1.
    row_of: Vec<u32>,
    sums: Vec<i64>,
    /// Whether the sample count of any record is unknown, and so that of its row.
    uncounted: bool,
    /// What a sum had to give up in order to stay within `i64`, by row.
    carried: FxHashMap<usize, i128>,
}

impl Rows {
    pub(super) fn new(columns: usize) -> Rows {
        Rows {
            samples: Samples { values: vec![Vec::new(); columns], ..Samples::default() },
            ..Rows::default()
        }
    }

    /// How many sample records were added.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Adds `records` that weigh `value` together to the row of a stack; the row.
    pub(super) fn add(
        &mut self,
        stack: Option<StackId>,
        records: u64,
        count: Option<u64>,
        value: i64,
    ) -> usize {
        assert_eq!(self.samples.values.len(), 1, "records are added up in series of one column");
        self.records += records;
        let row = self.row(stack);
        match self.sums[row].checked_add(value) {
            Some(sum) => self.sums[row] = sum,
            None => *self.carried.entry(row).or_insert(0) += i128::from(value),
        }
        match count {
            Some(count) => {
                let counts = self.samples.counts.get_or_insert_default();
                counts.resize(self.sums.len(), 0);
                counts[row] += count;
            }
            None => self.uncounted = true,
        }
        row
    }

    /// Adds one record to the row of its stack, and to the timeline.
    pub(super) fn add_at(&mut self, stack: Option<StackId>, count: Option<u64>, value: i64, moment: Moment) {
        let row = self.add(stack, 1, count, value);
        let timeline = self.samples.timeline.get_or_insert_default();
        timeline.rows.push(number(row));
        timeline.values.push(value);
        timeline.times_ns.push(moment.time_ns);
        timeline.threads.push(moment.thread);
    }

    /// Adds a record with a row of its own.
    pub(super) fn push(&mut self, stack: Option<StackId>, values: &[i64], labels: Option<LabelSetId>) {
        let samples = &mut self.samples;
        assert_eq!(values.len(), samples.values.len(), "one value per value type");
        assert!(self.sums.is_empty(), "a series has rows added up or rows of their own, not both");
        self.records += 1;
        if labels.is_some() && samples.labels.is_none() {
            samples.labels = Some(vec![None; samples.stacks.len()]);
        }
        if let Some(column) = &mut samples.labels {
            column.push(labels);
        }
        samples.stacks.push(stack);
        for (column, &value) in samples.values.iter_mut().zip(values) {
            column.push(value);
        }
    }

    fn row(&mut self, stack: Option<StackId>) -> usize {
        let index = stack.map_or(0, |stack| stack.index() + 1);
        if index >= self.row_of.len() {
            self.row_of.resize(index + 1, 0);
        }
        if self.row_of[index] == 0 {
            let is_summed = self.samples.stacks.len() == self.sums.len();
            assert!(is_summed, "a series has rows added up or rows of their own, not both");
            self.samples.stacks.push(stack);
            self.sums.push(0);
            self.row_of[index] = number(self.sums.len());
        }
        self.row_of[index] as usize - 1
    }

    /// Takes the rows out; what is added afterwards makes new ones.
    pub(super) fn take(&mut self) -> Rows {
        let fresh = Rows::new(self.samples.values.len());
        let mut taken = std::mem::replace(self, fresh);
        if !taken.sums.is_empty() {
            for stack in &taken.samples.stacks {
                taken.row_of[stack.map_or(0, |stack| stack.index() + 1)] = 0;
            }
            self.row_of = std::mem::take(&mut taken.row_of);
        }
        taken
    }

    /// Adds the rows of the part that follows, given the ids here of its stacks, label sets and threads.
    pub(super) fn absorb(
        &mut self,
        theirs: Rows,
        stacks: &[StackId],
        labels: &[LabelSetId],
        threads: &[ThreadId],
    ) {
        let stack_here = |stack: Option<StackId>| stack.map(|id| stacks[id.index()]);
        if !theirs.sums.is_empty() {
            self.absorb_sums(theirs, stack_here, threads);
            return;
        }
        self.records += theirs.records;
        let theirs = theirs.samples;
        let before = self.samples.stacks.len();
        let added = theirs.stacks.len();
        self.samples.stacks.extend(theirs.stacks.into_iter().map(stack_here));
        for (ours, theirs) in self.samples.values.iter_mut().zip(theirs.values) {
            ours.extend(theirs);
        }
        if self.samples.labels.is_some() || theirs.labels.is_some() {
            let ours = self.samples.labels.get_or_insert_with(|| vec![None; before]);
            let theirs = theirs.labels.unwrap_or_else(|| vec![None; added]);
            ours.extend(theirs.into_iter().map(|set| set.map(|id| labels[id.index()])));
        }
    }

    fn absorb_sums(
        &mut self,
        theirs: Rows,
        stack_here: impl Fn(Option<StackId>) -> Option<StackId>,
        threads: &[ThreadId],
    ) {
        self.records += theirs.records;
        let mut rows = Vec::new();
        for (row, (&stack, &sum)) in theirs.samples.stacks.iter().zip(&theirs.sums).enumerate() {
            let counts = theirs.samples.counts.as_ref().filter(|_| !theirs.uncounted);
            let here = self.add(stack_here(stack), 0, counts.map(|counts| counts[row]), sum);
            if let Some(carried) = theirs.carried.get(&row) {
                *self.carried.entry(here).or_insert(0) += carried;
            }
            rows.push(number(here));
        }
        if let Some(theirs) = theirs.samples.timeline {
            let ours = self.samples.timeline.get_or_insert_default();
            ours.rows.extend(theirs.rows.into_iter().map(|row| rows[row as usize]));
            ours.values.extend(theirs.values);
            ours.times_ns.extend(theirs.times_ns);
            let thread_here = |thread: Option<ThreadId>| thread.map(|id| threads[id.index()]);
            ours.threads.extend(theirs.threads.into_iter().map(thread_here));
        }
    }

    /// The finished series. A sum that left `i64` is spread over several rows, so nothing wraps.
    pub(super) fn finish(mut self, value_types: Vec<ValueType>) -> Series {
        self.row_of = Vec::new();
        let samples = &mut self.samples;
        if self.uncounted {
            samples.counts = None;
        }
        let mut carried: Vec<(usize, i128)> = self.carried.into_iter().collect();
        carried.sort_unstable();
        for (row, carried) in carried {
            // The parts a sum is made of depend on where chunks end; its total does not.
            let total = i128::from(self.sums[row]) + carried;
            let within = |value: i128| value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
            self.sums[row] = within(total);
            let mut rest = total - i128::from(self.sums[row]);
            while rest != 0 {
                samples.stacks.push(samples.stacks[row]);
                self.sums.push(within(rest));
                if let Some(counts) = &mut samples.counts {
                    counts.push(0);
                }
                rest -= i128::from(within(rest));
            }
        }
        if !self.sums.is_empty() {
            samples.values[0] = self.sums;
        }
        Series { value_types, samples: self.samples, records: self.records }
    }
}

fn number(row: usize) -> u32 {
    u32::try_from(row).expect("rows are fewer than stacks, whose ids are u32")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StringId;

    fn finished(rows: Rows) -> Series {
        let name = StringId::new(0);
        let columns = rows.samples.values.len();
        rows.finish(vec![ValueType { name, unit: name, decimals: 0 }; columns])
    }

    const A: Option<StackId> = None;

    fn b() -> Option<StackId> {
        Some(StackId::new(0))
    }

    #[test]
    fn equal_stacks_are_added_up() {
        let mut rows = Rows::new(1);
        for (stack, value) in [(b(), 1), (A, 10), (b(), 2)] {
            rows.add(stack, 1, Some(1), value);
        }
        let series = finished(rows);
        assert_eq!(series.samples.stacks, [b(), A]);
        assert_eq!((&series.samples.values[0], &series.samples.counts), (&vec![3, 10], &Some(vec![2, 1])));
        assert_eq!(series.records, 3);
    }

    #[test]
    fn one_record_without_a_count_leaves_all_uncounted() {
        let mut rows = Rows::new(1);
        rows.add(A, 1, Some(1), 1);
        rows.add(b(), 1, None, 1);
        assert_eq!(finished(rows).samples.counts, None);
    }

    #[test]
    fn a_sum_over_the_range_is_spread_and_keeps_its_total() {
        let mut rows = Rows::new(1);
        for value in [i64::MAX, i64::MAX, 5, -1] {
            rows.add(b(), 1, Some(1), value);
        }
        let series = finished(rows);
        assert_eq!(series.sum(0), 2 * i128::from(i64::MAX) + 4);
        assert_eq!(series.samples.counts.as_ref().unwrap().iter().sum::<u64>(), 4);
        assert_eq!(series.samples.stacks, [b(), b(), b()]);
    }

    #[test]
    fn parts_are_the_rows_of_one_read() {
        let add = |rows: &mut Rows, at: i64| {
            let moment = Moment { time_ns: at, thread: None };
            rows.add_at(if at % 2 == 0 { A } else { b() }, Some(1), at, moment);
        };
        let (mut whole, mut first, mut joined) = (Rows::new(1), Rows::new(1), Rows::new(1));
        for at in 0..6 {
            add(&mut whole, at);
        }
        for part in [0..3, 3..6] {
            part.for_each(|at| add(&mut first, at));
            joined.absorb(first.take(), &[StackId::new(0)], &[], &[]);
        }
        assert_eq!(format!("{:?}", finished(joined)), format!("{:?}", finished(whole)));
    }

    #[test]
    fn labels_begin_where_the_first_one_is() {
        let mut rows = Rows::new(2);
        rows.push(A, &[1, 2], None);
        rows.push(b(), &[3, 4], Some(LabelSetId::new(0)));
        let samples = finished(rows).samples;
        assert_eq!(samples.labels, Some(vec![None, Some(LabelSetId::new(0))]));
        assert_eq!(samples.values, [[1, 3], [2, 4]]);
    }

    #[test]
    #[should_panic(expected = "series of one column")]
    fn several_columns_are_not_added_up() {
        Rows::new(2).add(A, 1, None, 1);
    }

    #[test]
    #[should_panic(expected = "not both")]
    fn rows_are_of_one_sort() {
        let mut rows = Rows::new(1);
        rows.push(A, &[1], None);
        rows.add(A, 1, None, 1);
    }
}
