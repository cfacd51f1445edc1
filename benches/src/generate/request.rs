//! One request to the made-up shop, as spans: who called what, when, with which tags.
//!
//! Spans carry OpenTelemetry's keys as its agents write them, eight to fourteen a span: routes, targets with ids, statements
//! with literals, addresses, threads. One call in some hundred fails, which its callers see.

use super::random::Random;
use super::services::{Operation, Order, Query, Shop, Step};
use std::fmt::Write as _;

/// A span that was drawn.
pub(super) struct Drawn {
    /// Another span of the request, earlier in the list, and how this one refers to it.
    pub(super) parent: Option<(usize, &'static str)>,
    /// Service and which of its instances.
    pub(super) process: (usize, usize),
    pub(super) name: String,
    pub(super) start_us: u64,
    pub(super) end_us: u64,
    /// Members of the lists of tags and logs, as JSON.
    pub(super) tags: String,
    pub(super) logs: String,
}

/// A table whose SELECTs take so many times what they took.
#[derive(Clone, Copy)]
pub(super) struct Slow<'a> {
    pub(super) table: &'a str,
    pub(super) times: usize,
}

/// Draws the spans of one request, parents before children.
pub(super) struct Drawing<'a> {
    pub(super) shop: &'a Shop,
    pub(super) random: &'a mut Random,
    pub(super) slow: Option<Slow<'a>>,
    pub(super) spans: Vec<Drawn>,
    /// The instance of each service that answers this request.
    instances: Vec<usize>,
    customer: usize,
}

/// A call that ended.
#[derive(Clone, Copy)]
struct Ended {
    at_us: u64,
    failed: bool,
}

impl<'a> Drawing<'a> {
    /// A request to one of the shop's routes, some of which are asked for far more than others, at a time.
    pub(super) fn request(
        shop: &'a Shop,
        random: &'a mut Random,
        slow: Option<Slow<'a>>,
        start_us: u64,
    ) -> Vec<Drawn> {
        let route = random.below(shop.routes.len()).min(random.below(shop.routes.len()));
        let instances = shop.services.iter().map(|service| random.below(service.instances.len())).collect();
        let customer = random.between(1, 400_000);
        let mut drawing = Drawing { shop, random, slow, spans: Vec::new(), instances, customer };
        drawing.answer(shop.routes[route], None, start_us);
        drawing.spans
    }

    /// The callee's side, and all below. The calls of a shop go down a few layers.
    fn answer(&mut self, number: usize, caller: Option<(usize, &'static str)>, start_us: u64) -> Ended {
        let operation = &self.shop.operations[number];
        let kind = if matches!(caller, Some((_, FOLLOWS))) { "consumer" } else { "server" };
        let server = self.open(
            operation.service,
            caller,
            format!("{} {}", operation.method, operation.route),
            start_us,
        );
        let start = start_us + self.random.between(20, 90) as u64;
        let handler = self.open(operation.service, Some((server, CHILD)), operation.handler.clone(), start);
        let mut failed = false;
        let (mut now, mut last) = (start, start);
        for step in &operation.steps {
            now += self.around(operation.work_us);
            let ended = self.step(step, operation, handler, now);
            failed |= ended.failed;
            last = last.max(ended.at_us);
            if operation.order == Order::InTurn {
                now = ended.at_us;
            }
        }
        let end = last.max(now) + self.around(operation.work_us);
        self.close(handler, end, "internal", Tags::default().text("code.function", &operation.handler));
        let tags = self.http(operation, failed);
        let sent = end + self.random.between(20, 90) as u64;
        self.close(server, sent, kind, tags);
        if failed {
            self.fail(handler, "UpstreamError", "an upstream call failed");
            self.fail(server, "UpstreamError", "an upstream call failed");
        }
        Ended { at_us: sent, failed }
    }

    fn step(&mut self, step: &Step, operation: &Operation, parent: usize, start_us: u64) -> Ended {
        match step {
            Step::Query(query) => self.query(query, operation, parent, start_us),
            Step::Cache(verb) => {
                let span = self.open(operation.service, Some((parent, CHILD)), (*verb).to_owned(), start_us);
                let end = start_us + self.around(350);
                let key = format!("{verb} session:{}:basket", self.customer);
                let tags = Tags::default().text("db.system", "redis").text("db.statement", &key);
                self.close(
                    span,
                    end,
                    "client",
                    tags.text("server.address", "redis.data.internal").number("server.port", 6379),
                );
                Ended { at_us: end, failed: false }
            }
            Step::Call(called) => self.call(*called, operation, parent, start_us),
            Step::Publish(called) => {
                let topic = &self.shop.operations[*called].route[1..].replace('/', ".");
                let span =
                    self.open(operation.service, Some((parent, CHILD)), format!("{topic} publish"), start_us);
                let end = start_us + self.around(900);
                let tags = Tags::default()
                    .text("messaging.system", "kafka")
                    .text("messaging.destination.name", topic);
                self.close(span, end, "producer", tags.text("messaging.operation", "publish"));
                let later = end + self.around(3000);
                self.answer(*called, Some((span, FOLLOWS)), later);
                Ended { at_us: end, failed: false }
            }
        }
    }

    fn call(&mut self, called: usize, caller: &Operation, parent: usize, start_us: u64) -> Ended {
        let callee = &self.shop.operations[called];
        let span = self.open(caller.service, Some((parent, CHILD)), callee.method.to_owned(), start_us);
        let way = self.around(300);
        let ended = self.answer(called, Some((span, CHILD)), start_us + way);
        let end = ended.at_us + self.around(300);
        let service = &self.shop.services[callee.service].name;
        let target = self.target(&callee.route);
        let tags = Tags::default()
            .text("http.request.method", callee.method)
            .text("url.full", &format!("http://{service}.shop.svc.cluster.local:8080{target}"))
            .text("server.address", &format!("{service}.shop.svc.cluster.local"))
            .number("server.port", 8080)
            .number("http.response.status_code", if ended.failed { 502 } else { 200 })
            .text("network.protocol.version", "1.1");
        let tags = self.thread(tags, caller.service);
        self.close(span, end, "client", tags);
        if ended.failed {
            self.fail(span, "BadGateway", "502 Bad Gateway");
        }
        // Most callers do without what failed.
        Ended { at_us: end, failed: ended.failed && self.random.below(3) == 0 }
    }

    fn query(&mut self, query: &Query, operation: &Operation, parent: usize, start_us: u64) -> Ended {
        let span = self.open(
            operation.service,
            Some((parent, CHILD)),
            format!("{} {}", query.verb, query.table),
            start_us,
        );
        let mut usual = query.usual_us;
        if let Some(slow) = self.slow.filter(|slow| slow.table == query.table && query.verb == "SELECT") {
            usual *= slow.times;
        }
        let end = start_us + self.around(usual);
        let statement = self.statement(query);
        let service = &self.shop.services[operation.service];
        let tags = Tags::default()
            .text("db.system", "postgresql")
            .text("db.name", "shop")
            .text("db.user", "app")
            .text("db.operation", query.verb)
            .text("db.sql.table", &query.table)
            .text("db.statement", &statement)
            .text("server.address", &service.database)
            .number("server.port", 5432)
            .number("db.response.returned_rows", self.random.below(40));
        let tags = self.thread(tags, operation.service);
        self.close(span, end, "client", tags);
        let failed = self.random.below(700) == 0;
        if failed {
            self.fail(span, "org.postgresql.util.PSQLException", "ERROR: deadlock detected");
        }
        Ended { at_us: end, failed }
    }

    /// A statement with literals, as agents write it that take none out.
    fn statement(&mut self, query: &Query) -> String {
        let (table, id, customer) = (&query.table, self.random.between(1, 9_000_000), self.customer);
        match query.verb {
            "SELECT" => format!(
                "SELECT t.id, t.state, t.cents, t.updated_at FROM {table} t JOIN shop.customer c ON c.id = t.customer_id WHERE t.customer_id = {customer} \
                 AND t.state IN ('open', 'held') AND t.id > {id} ORDER BY t.updated_at DESC LIMIT 50"
            ),
            "UPDATE" => format!(
                "UPDATE {table} SET state = 'held', updated_at = now() WHERE id = {id} AND customer_id = {customer}"
            ),
            _ => format!(
                "INSERT INTO {table} (id, customer_id, state, note) VALUES ({id}, {customer}, 'open', 'order {id:x}') ON CONFLICT DO NOTHING"
            ),
        }
    }

    fn http(&mut self, operation: &Operation, failed: bool) -> Tags {
        let target = self.target(&operation.route);
        let address =
            format!("10.{}.{}.{}", self.random.below(4), self.random.below(256), self.random.below(256));
        let instance = &self.shop.services[operation.service].instances[self.instances[operation.service]];
        let tags = Tags::default()
            .text("http.request.method", operation.method)
            .text("http.route", &operation.route)
            .text("url.path", &target)
            .text("url.scheme", "http")
            .number("http.response.status_code", if failed { 500 } else { 200 })
            .text("server.address", &instance.host)
            .text("client.address", &address)
            .text("user_agent.original", "okhttp/4.12.0")
            .text("network.protocol.version", "1.1");
        self.thread(tags, operation.service)
    }

    fn thread(&mut self, tags: Tags, service: usize) -> Tags {
        let number = self.random.below(200);
        if self.shop.services[service].language == "java" {
            tags.number("thread.id", number + 20).text("thread.name", &format!("http-nio-8080-exec-{number}"))
        } else {
            tags
        }
    }

    fn target(&mut self, route: &str) -> String {
        let path = route.replace("{id}", &self.random.between(1, 900_000).to_string());
        if path.ends_with("search") { format!("{path}?customer={}&page=1", self.customer) } else { path }
    }

    fn open(
        &mut self,
        service: usize,
        parent: Option<(usize, &'static str)>,
        name: String,
        start_us: u64,
    ) -> usize {
        let process = (service, self.instances[service]);
        let (tags, logs) = (String::new(), String::new());
        self.spans.push(Drawn { parent, process, name, start_us, end_us: start_us, tags, logs });
        self.spans.len() - 1
    }

    fn close(&mut self, span: usize, end_us: u64, kind: &str, tags: Tags) {
        let scope = match kind {
            "server" | "consumer" => "io.opentelemetry.netty-4.1",
            "internal" => "io.opentelemetry.spring-webmvc-6.0",
            _ => "io.opentelemetry.jdbc",
        };
        let tags = tags
            .text("span.kind", kind)
            .text("otel.scope.name", scope)
            .text("otel.scope.version", "2.9.0-alpha");
        let span = &mut self.spans[span];
        span.end_us = end_us;
        span.tags = tags.text("internal.span.format", "otlp").0;
    }

    fn fail(&mut self, span: usize, kind: &str, message: &str) {
        let span = &mut self.spans[span];
        let failed =
            Tags(std::mem::take(&mut span.tags)).text("otel.status_code", "ERROR").text("error.type", kind);
        span.tags = failed.0 + r#",{"key":"error","type":"bool","value":true}"#;
        let trace = format!(
            r#"{kind}: {message}\n\tat shop.{}(Shop.java:{})"#,
            span.name.replace(['/', '{', '}'], "."),
            span.name.len()
        );
        let fields = Tags::default()
            .text("event", "exception")
            .text("exception.type", kind)
            .text("exception.message", message);
        let fields = fields.text("exception.stacktrace", &trace.repeat(4)).0;
        let _ = write!(span.logs, r#"{{"timestamp":{},"fields":[{fields}]}}"#, span.end_us);
    }

    /// A time near what is usual: half of it and more, now and then several times as much.
    fn around(&mut self, usual_us: usize) -> u64 {
        let tail = if self.random.below(40) == 0 { self.random.between(2, 6) } else { 1 };
        (usual_us * self.random.between(60, 150) / 100 * tail) as u64
    }
}

const CHILD: &str = "CHILD_OF";
const FOLLOWS: &str = "FOLLOWS_FROM";

/// Tags as JSON, one after another.
#[derive(Default)]
struct Tags(String);

impl Tags {
    /// The text holds nothing that JSON would have to escape but what is escaped already.
    fn text(mut self, key: &str, value: &str) -> Tags {
        let comma = if self.0.is_empty() { "" } else { "," };
        let _ = write!(self.0, r#"{comma}{{"key":"{key}","type":"string","value":"{value}"}}"#);
        self
    }

    fn number(mut self, key: &str, value: usize) -> Tags {
        let comma = if self.0.is_empty() { "" } else { "," };
        let _ = write!(self.0, r#"{comma}{{"key":"{key}","type":"int64","value":{value}}}"#);
        self
    }
}
