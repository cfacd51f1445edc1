//! Jaeger JSON of requests to a made-up shop of services: one file, or a pair of which after has a slow statement.

use super::random::Random;
use super::request::{Drawing, Drawn, Slow};
use super::services::Shop;
use super::{Facts, Made, cached};
use anyhow::Result;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// The shop is the same on both sides.
const SHOP: u64 = 6;
/// When the first request of before comes, microseconds since 1970; after is a day later.
const BEGIN_US: u64 = 1_795_370_970_000_000;
const DAY_US: u64 = 86_400_000_000;

/// The table whose SELECTs take six times as long in after; one request in two queries it.
pub const SLOW_TABLE: &str = "coupon.coupon_lines";
const TIMES: usize = 6;

/// Makes a file of about `megabytes` (10^6 bytes each).
///
/// # Errors
/// When the cache cannot be written.
pub fn make(cache: &Path, megabytes: u64) -> Result<Made> {
    cached(cache, "jaeger.json", megabytes, |out| write(out, megabytes * 1_000_000, Side::Before))
}

/// Makes before and after, of about `megabytes` each.
///
/// # Errors
/// When the cache cannot be written.
pub fn make_pair(cache: &Path, megabytes: u64) -> Result<[Made; 2]> {
    let after =
        cached(cache, "jaeger-after.json", megabytes, |out| write(out, megabytes * 1_000_000, Side::After))?;
    Ok([make(cache, megabytes)?, after])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

fn write(out: &mut dyn Write, bytes: u64, side: Side) -> Result<Facts> {
    let shop = Shop::new(SHOP);
    let (seed, slow, mut start_us) = match side {
        Side::Before => (1, None, BEGIN_US),
        Side::After => (2, Some(Slow { table: SLOW_TABLE, times: TIMES }), BEGIN_US + DAY_US),
    };
    let mut random = Random::new(seed);
    let mut facts = Facts::default();
    let mut made = String::from("{\"data\":[");
    while facts.bytes + (made.len() as u64) < bytes {
        if facts.unique > 0 {
            made.push(',');
        }
        start_us += random.between(500, 5000) as u64;
        let spans = Drawing::request(&shop, &mut random, slow, start_us);
        facts.unique += 1;
        facts.records += spans.len() as u64;
        facts.sum += spans.iter().map(|span| span.end_us - span.start_us).sum::<u64>();
        render(&mut made, &shop, &spans, &mut random)?;
        out.write_all(made.as_bytes())?;
        facts.bytes += made.len() as u64;
        made.clear();
    }
    made.push_str("],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}\n");
    out.write_all(made.as_bytes())?;
    facts.bytes += made.len() as u64;
    Ok(facts)
}

/// Writes a trace; processes are numbered in the order in which its spans name them.
fn render(
    out: &mut String,
    shop: &Shop,
    spans: &[Drawn],
    random: &mut Random,
) -> Result<(), std::fmt::Error> {
    let trace_id = format!("{:016x}{:016x}", random.bits(), random.bits());
    let ids: Vec<u64> = spans.iter().map(|_| random.bits()).collect();
    let mut processes: Vec<(usize, usize)> = Vec::new();
    write!(out, r#"{{"traceID":"{trace_id}","spans":["#)?;
    for (at, (span, id)) in spans.iter().zip(&ids).enumerate() {
        let known = processes.iter().position(|process| *process == span.process);
        let process = known.unwrap_or_else(|| {
            processes.push(span.process);
            processes.len() - 1
        });
        let comma = if at == 0 { "" } else { "," };
        write!(
            out,
            r#"{comma}{{"traceID":"{trace_id}","spanID":"{id:016x}","operationName":"{}","references":["#,
            span.name
        )?;
        if let Some((parent, kind)) = span.parent {
            write!(out, r#"{{"refType":"{kind}","traceID":"{trace_id}","spanID":"{:016x}"}}"#, ids[parent])?;
        }
        let duration = span.end_us - span.start_us;
        write!(out, r#"],"startTime":{},"duration":{duration},"tags":[{}],"#, span.start_us, span.tags)?;
        write!(out, r#""logs":[{}],"processID":"p{}","warnings":null}}"#, span.logs, process + 1)?;
    }
    out.push_str(r#"],"processes":{"#);
    for (at, (service, instance)) in processes.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        write!(out, r#"{comma}"p{}":{}"#, at + 1, shop.services[*service].instances[*instance].process)?;
    }
    out.push_str(r#"},"warnings":null}"#);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn facts_are_those_a_reader_finds() {
        let mut text = Vec::new();
        let facts = write(&mut text, 3_000_000, Side::After).expect("memory takes it");
        let capture = analyzer_formats::read_bytes("made", &text, &Default::default()).expect("it is read");
        let analyzer_formats::Content::Traces(traces) = &capture.content else { panic!("traces") };
        assert_eq!(traces.spans.len() as u64, facts.records);
        assert_eq!(traces.traces.len() as u64, facts.unique);
        assert_eq!(capture.notes.losses().count(), 0);
    }

    /// As various as traces of a large system: operations, hosts, tags, failures.
    #[test]
    fn traces_are_various() {
        let mut text = Vec::new();
        let facts = write(&mut text, 10_000_000, Side::Before).expect("memory takes it");
        let made: serde_json::Value = serde_json::from_slice(&text).expect("it is JSON");
        let (mut names, mut hosts, mut statements) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut tags, mut failed) = (0, 0);
        for trace in made["data"].as_array().expect("traces") {
            for process in trace["processes"].as_object().expect("processes").values() {
                hosts.insert(process["tags"][3]["value"].as_str().expect("a host").to_owned());
            }
            for span in trace["spans"].as_array().expect("spans") {
                let service =
                    &trace["processes"][span["processID"].as_str().expect("a process")]["serviceName"];
                names.insert(format!("{service} {}", span["operationName"]));
                let list = span["tags"].as_array().expect("tags");
                tags += list.len();
                failed += usize::from(list.iter().any(|tag| tag["key"] == "error"));
                statements.extend(
                    list.iter()
                        .filter(|tag| tag["key"] == "db.statement")
                        .map(|tag| tag["value"].to_string()),
                );
            }
        }
        let spans = facts.records as usize;
        assert!(names.len() > 400, "{} operations", names.len());
        assert!(hosts.len() > 60, "{} hosts", hosts.len());
        assert!((8.0..16.0).contains(&(tags as f64 / spans as f64)), "{tags} tags of {spans} spans");
        assert!(statements.len() * 10 > spans, "{} statements", statements.len());
        assert!((spans / 1000..spans / 20).contains(&failed), "{failed} of {spans} failed");
    }
}
