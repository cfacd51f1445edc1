//! Which captures are compared.

use super::list::{self, Listed};
use super::place::Place;
use super::source::{Origin, Source};
use super::walk::{Found, Opening, walk};
use crate::args::Batch;
use analyzer_core::batch::{
    By, Failure, File, Named, Pair, Pairing, PathPattern, Row, Status, Unpaired, pair, peers, sides_by_key,
};
use analyzer_formats::archive::Spool;
use anyhow::{Result, bail};
use std::slice;
use std::sync::Arc;

/// All that is to be done.
pub(super) struct Work {
    pub(super) before: Vec<Source>,
    pub(super) after: Vec<Source>,
    /// Sorted by name.
    pub(super) pairs: Vec<Pair>,
    /// Rows of captures without a partner.
    pub(super) alone: Vec<Row>,
    /// How pairs were found, in words.
    pub(super) pairing: String,
    pub(super) passed_over: Vec<String>,
}

impl Work {
    /// Looks through the folders and pairs what is there.
    ///
    /// # Errors
    /// When a folder cannot be read, the sides of one folder cannot be told, or nothing belongs together.
    pub(super) fn find(batch: &Batch, place: &Place) -> Result<Work> {
        let options = batch.reading.options(true);
        let spool = Arc::new(Spool::new(place.partial(), options.max_unpacked));
        let opening = Opening { options: &options, spool };
        let listed = match &batch.files_from {
            Some(path) => list::read(path, &opening)?,
            None if batch.folders.len() == 1 => Listed::Captures(walk(&batch.folders[0], &opening)?),
            None => {
                let (before, after) =
                    rayon::join(|| walk(&batch.folders[0], &opening), || walk(&batch.folders[1], &opening));
                return Work::of_two(batch, before?, after?);
            }
        };
        match listed {
            Listed::Pairs { .. } if batch.outliers => {
                bail!(
                    "--outliers compares captures with each other, and the list names pairs; name one file a line"
                )
            }
            Listed::Pairs { before, after, passed_over } => {
                Ok(Work { passed_over, ..Work::of_pairs(before, after)? })
            }
            Listed::Captures(found) if batch.outliers => Work::of_peers(batch, found),
            Listed::Captures(found) => Work::of_one(batch, found),
        }
    }

    fn of_two(batch: &Batch, before: Found, after: Found) -> Result<Work> {
        let pattern = batch.path_pattern.as_ref();
        let sides = [named(&before.sources, pattern), named(&after.sources, pattern)];
        let told = expect_described(pattern, &sides)?;
        for (found, folder) in [&before, &after].into_iter().zip(&batch.folders) {
            if found.sources.is_empty() {
                bail!("{}: holds no file, expected captures", folder.display());
            }
        }
        let pairing = pair(&sides[0], &sides[1], &[]);
        let mut passed_over = before.passed_over;
        passed_over.extend(after.passed_over.into_iter().chain(told));
        let text = pairing.text();
        Work { before: before.sources, after: after.sources, passed_over, ..Work::empty(text) }
            .paired(pairing)
    }

    fn of_one(batch: &Batch, found: Found) -> Result<Work> {
        let all = named(&found.sources, batch.path_pattern.as_ref());
        expect_described(batch.path_pattern.as_ref(), slice::from_ref(&all))?;
        let wanted = batch.before_key.as_ref().zip(batch.after_key.as_ref());
        let sides = sides_by_key(&all, wanted)?;
        let keys: Vec<&str> = sides.keys.iter().map(String::as_str).collect();
        let chosen = |at: &[usize]| -> (Vec<Source>, Vec<Named>) {
            at.iter().map(|&at| (found.sources[at].clone(), all[at].clone())).unzip()
        };
        let ((before, before_names), (after, after_names)) = (chosen(&sides.before), chosen(&sides.after));
        let pairing = pair(&before_names, &after_names, &keys);
        let text = format!("{}; {}", sides.text, pairing.text());
        // What cannot be read has a row, whichever side it would have been on.
        let is_chosen =
            |at: &usize| sides.before.binary_search(at).is_ok() || sides.after.binary_search(at).is_ok();
        let others = (0..all.len()).filter(|at| !is_chosen(at)).map(|at| &found.sources[at]);
        let (broken, others): (Vec<&Source>, Vec<&Source>) =
            others.partition(|source| matches!(source.origin, Origin::Broken(_)));
        let mut passed_over = found.passed_over;
        if !others.is_empty() {
            passed_over.push(format!("{} other captures are on neither side; passed over", others.len()));
        }
        let mut work = Work { before, after, passed_over, ..Work::empty(text) }.paired(pairing)?;
        work.alone.extend(broken.into_iter().map(|source| alone(source, None, "its path tells no side")));
        Ok(work)
    }

    fn of_peers(batch: &Batch, found: Found) -> Result<Work> {
        let all = named(&found.sources, batch.path_pattern.as_ref());
        let told = expect_described(batch.path_pattern.as_ref(), slice::from_ref(&all))?;
        if all.len() < 2 {
            bail!(
                "--outliers compares captures with each other, and there {}",
                match all.len() {
                    0 => "is none",
                    _ => "is one only",
                }
            );
        }
        let is_readable = |at: usize| !matches!(found.sources[at].origin, Origin::Broken(_));
        let most = usize::from(batch.replicates).min(MOST_PEERS);
        let pairing = peers(&all, is_readable, most);
        let text = format!("each host with at most {most} captures of other hosts of its group");
        Work {
            before: found.sources.clone(),
            after: found.sources,
            passed_over: found.passed_over.into_iter().chain(told).collect(),
            ..Work::empty(text)
        }
        .paired(pairing)
    }

    fn of_pairs(before: Vec<Source>, after: Vec<Source>) -> Result<Work> {
        let pairs = (0..after.len())
            .map(|at| Pair { name: after[at].name.clone(), before: vec![at], after: vec![at] })
            .collect();
        let mut pairing = Pairing { pairs, ..Pairing::new(By::Given) };
        Pair::sort(&mut pairing.pairs);
        Work { before, after, ..Work::empty(pairing.text()) }.paired(pairing)
    }

    fn empty(pairing: String) -> Work {
        Work {
            before: Vec::new(),
            after: Vec::new(),
            pairs: Vec::new(),
            alone: Vec::new(),
            pairing,
            passed_over: Vec::new(),
        }
    }

    fn paired(mut self, pairing: Pairing) -> Result<Work> {
        if pairing.pairs.is_empty() {
            let name =
                |sources: &[Source]| sources.first().map_or_else(String::new, |source| source.name.clone());
            bail!(
                "no two captures belong together: before has \"{}\" and others, after has \"{}\" and others; \
                 --path-pattern says which parts of paths are service and host, --files-from lists pairs",
                name(&self.before),
                name(&self.after)
            );
        }
        let alone_of = |row: &Unpaired| match row.capture {
            Ok(at) => alone(&self.before[at], Some("before"), &row.why),
            Err(at) => alone(&self.after[at], Some("after"), &row.why),
        };
        self.alone = pairing.unpaired.iter().map(alone_of).collect();
        self.passed_over.extend(pairing.renamed);
        self.pairs = pairing.pairs;
        Ok(self)
    }
}

/// Refuses a pattern that describes no path; says how many it does not describe.
fn expect_described(pattern: Option<&PathPattern>, sides: &[Vec<Named>]) -> Result<Option<String>> {
    let Some(pattern) = pattern else { return Ok(None) };
    let all = || sides.iter().flatten();
    let mut others = all().filter(|capture| capture.keys.is_none());
    let Some(first) = others.next().map(|capture| capture.name.as_str()) else { return Ok(None) };
    let (number, of) = (others.count() + 1, all().count());
    if number == of {
        bail!(
            "--path-pattern {} describes none of {of} paths, the first of which is {first}",
            pattern.as_str()
        );
    }
    Ok(Some(format!("{number} of {of} paths are none that --path-pattern describes, first {first}")))
}

/// The row of a capture without a partner; that of one on neither side stands with after.
fn alone(source: &Source, side: Option<&str>, why: &str) -> Row {
    let file = vec![File { file: source.shown.clone(), digest: None }];
    let (before, after) = if side == Some("before") { (file, Vec::new()) } else { (Vec::new(), file) };
    let mut row = Row::new(source.shown.clone(), before, after);
    if let Origin::Broken(failure) = &source.origin {
        row.failed = vec![Failure { side: side.map(str::to_owned), ..failure.clone() }];
        row.error = row.failed.first().cloned();
        return row;
    }
    row.status = Status::Unpaired;
    let unpaired = Failure::new("unpaired", why).of(&source.shown);
    row.error = Some(Failure { side: side.map(str::to_owned), ..unpaired });
    row
}

/// A host is compared with at most so many captures of its peers.
const MOST_PEERS: usize = 50;

fn named(sources: &[Source], pattern: Option<&PathPattern>) -> Vec<Named> {
    let one = |source: &Source| match pattern {
        None => Named::new(source.name.clone()),
        Some(pattern) => Named::matched(source.name.clone(), pattern),
    };
    sources.iter().map(one).collect()
}
