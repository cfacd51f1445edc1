//! Real traces of every other JSON format, where the folder of captures is at hand: the spans are those of the file.

#![allow(clippy::unwrap_used)]

mod common;

use analyzer_formats::{Capture, Content, ReadErrorKind, ReadOptions, read_bytes, read_path};

/// File, format, spans in it as counted by another program, traces.
const EXPECTED: &[(&str, &str, u64, usize)] = &[
    ("jaeger/cmd_jaeger_extension_jaegerquery_fixture_otlp2jaeger-in.json", "otlp", 2, 1),
    ("jaeger/storage_integration_fixtures_traces_default.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_dur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_example_trace.json", "otlp", 5, 1),
    ("jaeger/storage_integration_fixtures_traces_link_attributes_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_log_tags_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_max_dur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multi_index_trace.json", "otlp", 2, 1),
    ("jaeger/storage_integration_fixtures_traces_multi_spot_tags_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multiple1_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multiple2_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multiple3_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multispottag_dur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multispottag_maxdur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multispottag_opname_dur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multispottag_opname_maxdur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_multispottag_opname_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_opname_dur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_opname_maxdur_trace.json", "otlp", 2, 1),
    ("jaeger/storage_integration_fixtures_traces_opname_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_process_tags_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_scope_attributes_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_scope_name_version_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_span_tags_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_dur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_escaped_operator_trace_1.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_escaped_operator_trace_2.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_maxdur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_opname_dur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_opname_maxdur_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_opname_trace.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_wildcard_regex_1.json", "otlp", 1, 1),
    ("jaeger/storage_integration_fixtures_traces_tags_wildcard_regex_2.json", "otlp", 1, 1),
    ("jaeger/storage_v2_cassandra_tracestore_fixtures_otel_traces_01.json", "otlp", 1, 1),
    ("jaeger/storage_v2_elasticsearch_tracestore_core_fixtures_es_01.json", "jaeger-storage", 1, 1),
    ("jaeger/storage_v2_elasticsearch_tracestore_fixtures_es_01.json", "jaeger-storage", 1, 1),
    ("jaeger/storage_v2_elasticsearch_tracestore_fixtures_es_01_string_tags.json", "jaeger-storage", 1, 1),
    ("jaeger/storage_v2_elasticsearch_tracestore_fixtures_otel_traces_01.json", "otlp", 1, 1),
    ("jaeger/storage_v2_memory_fixtures_db_traces_01.json", "otlp", 2, 1),
    ("jaeger/storage_v2_memory_fixtures_db_traces_02.json", "otlp", 2, 1),
    ("jaeger/storage_v2_memory_fixtures_otel_traces_01.json", "otlp", 4, 2),
    ("jaeger/uimodel_converter_v1_json_fixtures_es_01.json", "jaeger-storage", 1, 1),
    ("jaeger-ui/otlp2jaeger-in-error.json", "otlp", 1, 1),
    ("jaeger-ui/otlp2jaeger-in.json", "otlp", 2, 1),
    ("jaeger-ui/otlp2jaeger-multi-in-combined.json", "otlp", 4, 1),
    ("jaeger-ui/otlp2jaeger-multi-in.json.txt", "otlp", 4, 1),
    ("kiali/responseTrace.json", "otlp", 8, 1),
    ("otlp/proto_example_trace.json", "otlp", 1, 1),
    ("tempo/pkg_trace.json", "otlp", 1, 1),
    ("tempo/servicegraphs_trace-with-both-db-attributes.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-db-namespace.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-db-system-and-system-name.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-db-system-name.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-expired-edges.json", "otlp", 5, 1),
    ("tempo/servicegraphs_trace-with-failed-requests.json", "otlp", 15, 1),
    ("tempo/servicegraphs_trace-with-queue-database.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-queue-database2.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-queue-database3.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-queue-database4.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-queue-database5.json", "otlp", 19, 1),
    ("tempo/servicegraphs_trace-with-virtual-nodes.json", "otlp", 3, 2),
    ("tempo/servicegraphs_trace-without-database-name.json", "otlp", 19, 1),
    ("tempo/tempo-vulture_trace.json", "otlp", 6, 1),
    ("zipkin/ascend.json", "zipkin", 8, 1),
    ("zipkin/envoy.json", "zipkin", 1, 1),
    ("zipkin/messaging-kafka.json", "zipkin", 28, 1),
    ("zipkin/messaging.json", "zipkin", 4, 1),
    ("zipkin/messaging2.json", "zipkin", 11, 1),
    ("zipkin/simple-db-p6.json", "zipkin", 5, 1),
    ("zipkin/skew.json", "zipkin", 4, 1),
    ("zipkin/yelp.json", "zipkin", 16, 1),
    ("zipkin/zipkin2-chinese.json", "zipkin", 1, 1),
    ("zipkin/zipkin2-client.json", "zipkin", 1, 1),
];

/// Files that are no traces, or traces of a shape that is not read, and the code of the error.
const REFUSED: &[(&str, &str)] = &[
    ("jaeger/storage_v2_cassandra_tracestore_fixtures_cas_01.json", "unsupported_format"),
    ("jaeger/uimodel_converter_v1_json_fixtures_domain_01.json", "unsupported_format"),
    ("jaeger/uimodel_converter_v1_json_fixtures_domain_es_01.json", "unsupported_format"),
    ("kiali/responseAmbient.json", "unsupported_format"),
    ("nezha/2022-08-22-fault_list.json", "unknown_format"),
    ("nezha/2023-01-29-fault_list.json", "unknown_format"),
    ("nezha/root_cause_hipster.json", "unknown_format"),
    ("nezha/root_cause_ts.json", "unknown_format"),
    ("nezha/LICENSE", "unknown_format"),
];

fn traces(capture: &Capture) -> &analyzer_formats::Traces {
    let Content::Traces(traces) = &capture.content else { panic!("{} is traces", capture.source.name) };
    traces
}

#[test]
fn every_file_has_the_spans_that_were_counted() {
    let Some(captures) = common::captures() else { return };
    for &(name, format, spans, expected) in EXPECTED {
        let capture = read_path(&captures.join("traces").join(name), &ReadOptions::default()).unwrap();
        let traces = traces(&capture);
        assert_eq!((capture.source.format, capture.notes.records()), (format, spans), "{name}");
        assert_eq!(capture.records_used() + capture.notes.samples_left_out(), spans, "{name}");
        assert_eq!(traces.traces.len(), expected, "{name}");
        for note in capture.notes.losses() {
            assert_eq!(note.code, "span_duplicate", "{name}: {note}");
        }
    }
}

#[test]
fn what_is_no_trace_is_refused() {
    let Some(captures) = common::captures() else { return };
    for (name, code) in REFUSED {
        let error = read_path(&captures.join("traces").join(name), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind.code(), *code, "{name}: {error}");
    }
}

#[test]
fn chunks_do_not_matter_and_cuts_do_not_panic() {
    let Some(captures) = common::captures() else { return };
    for &(name, format, spans, _) in EXPECTED {
        let bytes = std::fs::read(captures.join("traces").join(name)).unwrap();
        let read = |bytes: &[u8], chunk_bytes| {
            let options = ReadOptions { from: Some(format), chunk_bytes, ..ReadOptions::default() };
            read_bytes(name, bytes, &options)
        };
        let whole = read(&bytes, usize::MAX).unwrap();
        for chunk_bytes in [1, 7, 1000] {
            let other = read(&bytes, chunk_bytes).unwrap();
            assert_eq!(format!("{:?}", traces(&other)), format!("{:?}", traces(&whole)), "{name}");
            assert_eq!(other.notes, whole.notes, "{name}");
        }
        for cut in (0..bytes.len()).step_by(1 + bytes.len() / 4000) {
            match read(&bytes[..cut], 1000) {
                Ok(capture) => {
                    assert!(capture.notes.records() <= spans, "{name} cut at {cut}");
                    let used = capture.records_used() + capture.notes.samples_left_out();
                    assert_eq!(capture.notes.records(), used, "{name} cut at {cut}");
                }
                Err(error) => {
                    let known = matches!(error.kind, ReadErrorKind::Malformed { .. } | ReadErrorKind::Empty);
                    assert!(known, "{name} cut at {cut}: {error}");
                }
            }
        }
    }
}
