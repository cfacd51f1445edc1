use super::*;

/// A rule, facts with its figure, and figures with what the rule says of them.
type Case = (&'static str, fn(f64) -> Facts, &'static [(f64, Option<Severity>)]);

/// The severity that a rule gives facts, if it applies.
fn severity(code: &str, facts: Facts) -> Option<Severity> {
    fitness(&facts).reasons.iter().find(|finding| finding.code == code).map(|finding| finding.severity)
}

/// A figure just within each limit of a rule, and just beyond it.
#[test]
fn every_rule_holds_up_to_its_limit_and_not_beyond() {
    let cases: &[Case] = &[
        (
            "empty",
            |figure| Facts { is_empty: figure > 0.0, ..Facts::default() },
            &[(0.0, None), (1.0, Some(Unfit))],
        ),
        (
            "few_samples",
            |points| Facts { shows_points: Some(points), samples: Some(500), ..Facts::default() },
            &[(1.0, None), (1.01, Some(Care)), (10.0, Some(Care)), (10.1, Some(Unfit))],
        ),
        (
            "few_requests",
            |requests| Facts { requests: Some(requests as u64), ..Facts::default() },
            &[(100.0, None), (99.0, Some(Care)), (10.0, Some(Care)), (9.0, Some(Unfit))],
        ),
        (
            "damaged",
            |figure| Facts { damages: vec!["cut".to_owned(); figure as usize], ..Facts::default() },
            &[(0.0, None), (1.0, Some(Care))],
        ),
        (
            "left_out",
            |left_out_pct| Facts { left_out_pct, ..Facts::default() },
            &[(0.0, None), (1.0, Some(Remark)), (1.1, Some(Care)), (25.1, Some(Unfit))],
        ),
        (
            "lost_events",
            |pct| Facts { lost_pct: Some(pct), ..Facts::default() },
            &[(0.0, None), (1.0, Some(Remark)), (1.1, Some(Care)), (25.1, Some(Unfit))],
        ),
        (
            "unknown_symbols",
            |pct| Facts { unknown_pct: Some(pct), ..Facts::default() },
            &[(50.0, None), (50.1, Some(Care)), (90.1, Some(Unfit))],
        ),
        (
            "cut_stacks",
            |pct| Facts { cut: Some((pct, 64)), ..Facts::default() },
            &[(10.0, None), (10.1, Some(Care))],
        ),
        (
            "one_thread",
            |threads| Facts { threads: Some(threads as u64), ..Facts::default() },
            &[(2.0, None), (1.0, Some(Remark))],
        ),
        (
            "uncounted",
            |figure| Facts { lacks_counts: figure > 0.0, ..Facts::default() },
            &[(0.0, None), (1.0, Some(Remark))],
        ),
        (
            "no_duration",
            |figure| Facts { lacks_duration: figure > 0.0, ..Facts::default() },
            &[(0.0, None), (1.0, Some(Remark))],
        ),
    ];
    for (code, facts, figures) in cases {
        for &(figure, expected) in *figures {
            assert_eq!(severity(code, facts(figure)), expected, "{code} of {figure}");
        }
    }
    let tested: Vec<&str> = cases.iter().map(|(code, ..)| *code).collect();
    assert_eq!(tested, RULES.iter().map(|rule| rule.code).collect::<Vec<_>>());
}

#[test]
fn what_is_not_known_breaks_no_rule() {
    let fitness = fitness(&Facts::default());
    assert_eq!((fitness.verdict, fitness.reasons.len()), (Fit::Yes, 0));
}

#[test]
fn the_gravest_finding_decides() {
    let facts = Facts { threads: Some(1), ..Facts::default() };
    assert_eq!(fitness(&facts).verdict, Fit::Yes);
    let facts = Facts { unknown_pct: Some(60.0), ..facts };
    assert_eq!(fitness(&facts).verdict, Fit::WithCare);
    assert_eq!(fitness(&Facts { is_empty: true, ..facts }).verdict, Fit::No);
}

#[test]
fn shares_never_say_all_or_nothing_of_a_part() {
    let shares = [0.0, 0.003, 0.456, 4.56, 45.6, 99.97, 100.0].map(share);
    assert_eq!(shares, ["0 %", "less than 0.01 %", "0.46 %", "4.6 %", "46 %", "more than 99 %", "100 %"]);
}

#[test]
fn how_many_samples_are_needed_is_said() {
    let noise = Noise::assumed(1.0, 40, 0.95);
    let survey = Survey { samples: Some(1_000), ..Survey::default() };
    let fitness = fitness(&Facts::default().with_survey(&survey, &noise));
    // With a phi of 2.4, 2 phi x 0.01 x (3.23 + 0.84)^2 / 0.01^2 = 7,938; that phi may be larger takes a few more.
    assert_eq!(
        fitness.reasons[0].text,
        "1,000 samples show changes above 2.9 points in a function of 1 %; 1 point takes about 8,700"
    );
    assert_eq!(rounded_up(7_938), 8_000);
    assert_eq!((rounded_up(99), rounded_up(101), rounded_up(0)), (99, 110, 0));
}
