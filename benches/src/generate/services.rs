//! A made-up shop of services, for traces as a larger system writes them: some hundreds of operations, on several hosts each.
//!
//! Services stand in layers; an operation calls those of the next layer, queries the tables of its own service, and does
//! some work of its own. The same seed gives the same shop.

use super::random::Random;
use std::fmt::Write as _;

const NOUNS: [&str; 40] = [
    "account",
    "address",
    "audit",
    "basket",
    "billing",
    "carrier",
    "catalogue",
    "checkout",
    "coupon",
    "customer",
    "delivery",
    "discount",
    "feed",
    "fraud",
    "gift",
    "image",
    "inventory",
    "invoice",
    "ledger",
    "loyalty",
    "media",
    "message",
    "offer",
    "order",
    "payment",
    "price",
    "product",
    "profile",
    "promotion",
    "rating",
    "refund",
    "return",
    "review",
    "search",
    "session",
    "shipment",
    "stock",
    "subscription",
    "tax",
    "wallet",
];
/// What a route does to a noun: method, end of the path, name of the handler.
const ACTIONS: [(&str, &str, &str); 8] = [
    ("GET", "", "list"),
    ("GET", "/{id}", "get"),
    ("POST", "", "create"),
    ("PUT", "/{id}", "update"),
    ("DELETE", "/{id}", "delete"),
    ("GET", "/{id}/history", "history"),
    ("POST", "/{id}/confirm", "confirm"),
    ("GET", "/search", "search"),
];
/// Most statements read.
const VERBS: [&str; 5] = ["SELECT", "SELECT", "SELECT", "UPDATE", "INSERT"];
/// Number of services in each layer; the first is what customers talk to.
const LAYERS: [usize; 4] = [1, 6, 9, 8];
const ROUTES_OF_GATEWAY: usize = 40;
const LANGUAGES: [(&str, &str); 4] =
    [("java", "1.44.1"), ("go", "1.31.0"), ("python", "1.28.2"), ("nodejs", "1.29.0")];

/// Services and what they answer.
pub(super) struct Shop {
    pub(super) services: Vec<Service>,
    pub(super) operations: Vec<Operation>,
    /// Operations that customers call.
    pub(super) routes: Vec<usize>,
}

/// One service.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) language: &'static str,
    /// The host of its database.
    pub(super) database: String,
    pub(super) instances: Vec<Instance>,
}

/// One process of a service.
pub(super) struct Instance {
    pub(super) host: String,
    /// As Jaeger writes a process: service name and tags.
    pub(super) process: String,
}

/// What a service answers.
pub(super) struct Operation {
    pub(super) service: usize,
    pub(super) method: &'static str,
    pub(super) route: String,
    /// The function that does it, a span of its own.
    pub(super) handler: String,
    /// Its own work between two steps, microseconds.
    pub(super) work_us: usize,
    pub(super) steps: Vec<Step>,
    pub(super) order: Order,
}

/// Whether calls wait for each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    InTurn,
    AtOnce,
}

/// What an operation waits for.
pub(super) enum Step {
    /// An operation of another service.
    Call(usize),
    /// A message that another service takes later.
    Publish(usize),
    /// A key of a cache.
    Cache(&'static str),
    Query(Query),
}

/// A statement of a table.
#[derive(Clone)]
pub(super) struct Query {
    pub(super) verb: &'static str,
    pub(super) table: String,
    pub(super) usual_us: usize,
}

impl Shop {
    /// The shop of a seed.
    pub(super) fn new(seed: u64) -> Shop {
        let mut random = Random::new(seed);
        let mut shop = Shop { services: Vec::new(), operations: Vec::new(), routes: Vec::new() };
        // From the last layer on, as an operation is made after those that it calls.
        let mut below: Vec<usize> = Vec::new();
        for (layer, &count) in LAYERS.iter().enumerate().rev() {
            let mut made = Vec::new();
            for _ in 0..count {
                made.extend(shop.add_service(layer, &below, &mut random));
            }
            below = made;
        }
        shop.routes = below;
        shop
    }

    fn add_service(&mut self, layer: usize, below: &[usize], random: &mut Random) -> Vec<usize> {
        let number = self.services.len();
        let name = if layer == 0 { "storefront".to_owned() } else { format!("{}-service", NOUNS[number]) };
        let language = *random.pick(&LANGUAGES);
        let instances = (0..random.between(2, 6)).map(|_| instance(&name, language, random)).collect();
        let database = format!("pg-{}.data.internal", NOUNS[number]);
        self.services.push(Service { name, language: language.0, database, instances });
        let routes = if layer == 0 { ROUTES_OF_GATEWAY } else { random.between(6, 14) };
        let first = self.operations.len();
        for route in 0..routes {
            let noun = NOUNS[(number + 7 * (route / ACTIONS.len())) % NOUNS.len()];
            let (method, end, verb) = ACTIONS[route % ACTIONS.len()];
            let version = if layer == 0 { "/api" } else { "/v2" };
            self.operations.push(Operation {
                service: number,
                method,
                route: format!("{version}/{noun}s{end}"),
                handler: format!("{}{}Controller.{verb}", noun[..1].to_uppercase(), &noun[1..]),
                work_us: random.between(40, 400),
                steps: steps(layer, number, noun, below, random),
                order: if random.below(4) == 0 { Order::AtOnce } else { Order::InTurn },
            });
        }
        (first..self.operations.len()).collect()
    }
}

fn steps(layer: usize, service: usize, noun: &str, below: &[usize], random: &mut Random) -> Vec<Step> {
    let mut steps = Vec::new();
    if layer > 0 {
        if random.below(3) == 0 {
            steps.push(Step::Cache(if random.below(4) == 0 { "MGET" } else { "GET" }));
        }
        for _ in 0..random.between(1, 3) {
            let parts = ["", "_lines", "_events", "_by_customer"];
            let &verb = random.pick(&VERBS);
            steps.push(Step::Query(Query {
                verb,
                table: format!("{}.{noun}{}", NOUNS[service], random.pick(&parts)),
                usual_us: random.between(300, 2500),
            }));
        }
    }
    // Fewer and fewer further down: a request has some dozens of spans.
    let calls = match layer {
        0 => random.between(1, 4),
        1 => random.between(0, 3),
        _ => random.below(2),
    };
    for _ in 0..if below.is_empty() { 0 } else { calls } {
        let called = *random.pick(below);
        steps.push(if random.below(12) == 0 { Step::Publish(called) } else { Step::Call(called) });
    }
    steps
}

fn instance(service: &str, (language, sdk): (&str, &str), random: &mut Random) -> Instance {
    let pod = format!("{service}-{:08x}-{:05x}", random.bits() as u32, random.below(1 << 20));
    let host = format!(
        "ip-10-{}-{}-{}.eu-central-1.compute.internal",
        random.below(4),
        random.below(256),
        random.below(256)
    );
    let tags = [
        ("k8s.pod.name", pod.clone()),
        ("k8s.namespace.name", "shop".to_owned()),
        ("k8s.deployment.name", service.to_owned()),
        ("host.name", host.clone()),
        ("service.version", format!("2.{}.{}", random.below(30), random.below(9))),
        ("service.instance.id", format!("{:016x}", random.bits())),
        ("container.id", format!("{:016x}{:016x}", random.bits(), random.bits())),
        ("telemetry.sdk.language", language.to_owned()),
        ("telemetry.sdk.version", sdk.to_owned()),
        ("deployment.environment.name", "production".to_owned()),
    ];
    let mut process = format!(r#"{{"serviceName":"{service}","tags":["#);
    for (at, (key, value)) in tags.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(process, r#"{comma}{{"key":"{key}","type":"string","value":"{value}"}}"#);
    }
    process.push_str("]}");
    Instance { host, process }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_shop_has_hundreds_of_operations_and_every_call_goes_down() {
        let shop = Shop::new(1);
        let names: BTreeSet<_> =
            shop.operations.iter().map(|each| (each.service, each.method, &each.route)).collect();
        assert!(names.len() > 200, "{}", names.len());
        assert_eq!(shop.routes.len(), ROUTES_OF_GATEWAY);
        for (number, operation) in shop.operations.iter().enumerate() {
            for step in &operation.steps {
                if let Step::Call(called) | Step::Publish(called) = step {
                    assert!(*called < number, "an operation is made after those it calls");
                }
            }
        }
    }
}
