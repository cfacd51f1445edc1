//! A report whose every name is an attack: on markup, on scripts, on what a reader sees.

use analyzer_core::report::Report;
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{
    Capture, Container, Content, Frame, FrameKind, Function, Mapping, Notes, ProfileBuilder, Source,
};

/// What each name ends with where names are hostile.
const TAIL: &str = "</script><script>hacked=1</script><img src=x onerror=hacked=1>\"' onload='hacked=1' style='x'>]]>--><!--\
                    <style>*{display:none}</style></title></svg></details></table>&lt;b&gt;&#60;\u{202e}gnp.exe\u{2066}\0\u{1b}[31m\
                    \u{7}\u{85}\u{2028}\u{feff}\r\n${hacked=1}{{hacked}}";

/// Functions; what only one of them has.
const FUNCTIONS: [&str; 9] = [
    "markup",
    "emoji \u{1f469}\u{200d}\u{1f4bb}\u{1f525}",
    "arabic \u{645}\u{631}\u{62d}\u{628}\u{627} hebrew \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "javascript:hacked=1",
    "__proto__",
    "constructor",
    "data:text/html,<script>hacked=1</script>",
    "combining Z\u{351}\u{36b}\u{343}\u{36a}\u{302}",
    " ",
];

/// How names are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// As they are.
    Plain,
    /// With what should do harm, not as UTF-8, some 64 KB long.
    Hostile,
}

impl Names {
    pub(crate) fn bytes(self, name: &str) -> Vec<u8> {
        match self {
            Names::Plain => format!("zq {name}").into(),
            Names::Hostile => {
                // Its own name at both ends: of a path only the last part is shown.
                [format!("zq {name}{TAIL}").as_bytes(), b"\xff\xfe\xc3", format!("zq {name}").as_bytes()]
                    .concat()
            }
        }
    }

    pub(crate) fn text(self, name: &str) -> String {
        String::from_utf8_lossy(&self.bytes(name)).into_owned()
    }

    fn capture(self, side: &str, start_ns: i64, grown: i64) -> Capture {
        let mut builder = ProfileBuilder::default();
        let value_types = [builder.value_type(&self.bytes("value"), b"count"), {
            builder.value_type(&self.bytes("other value"), &self.bytes("unit"))
        }];
        let series = builder.series(&value_types);
        let mapping = Mapping {
            file: builder.string(&self.bytes("module")),
            build_id: Some(builder.string(&self.bytes("build id"))),
            start: 0,
            limit: 1 << 20,
            offset: 0,
        };
        let mapping = builder.mapping(mapping);
        let file = builder.string(&self.bytes("source"));
        let mut frame = |name: &[u8]| {
            let name = builder.string(name);
            let function = Function { name, system_name: None, file: Some(file), start_line: 1 };
            let function = builder.function(function);
            builder.frame(Frame { function, mapping: Some(mapping), line: 7, kind: FrameKind::User })
        };
        let root = frame(&self.bytes("root"));
        let mut leaves: Vec<_> = FUNCTIONS.iter().map(|name| frame(&self.bytes(name))).collect();
        if self == Names::Hostile {
            leaves.push(frame(&[b"zq long ".to_vec(), "<b>\u{202e}\0".repeat(10_000).into()].concat()));
            leaves.push(frame(b""));
            leaves.push(frame(b"\xff\xfe"));
        }
        let root = builder.stack(None, root);
        builder.sample(series, Some(root), &[50_000, 50_000], None);
        for (place, leaf) in leaves.into_iter().enumerate() {
            let stack = builder.stack(Some(root), leaf);
            let value = if place % 3 == 2 { 9000 - grown / 2 } else { 3000 + grown };
            builder.sample(series, Some(stack), &[value, 2 * value], None);
        }
        let mut profile = builder.finish();
        profile.meta.host = Some(self.text(&format!("host of {side}")));
        profile.meta.command = Some(self.text("command of the program"));
        profile.meta.start_ns = Some(start_ns);
        profile.meta.duration_ns = Some(9_000_000_000);
        let source = Source {
            name: self.text(&format!("{side}.pb")),
            format: "pprof",
            why_recognised: String::new(),
            container: Container::Plain,
            bytes: 1,
            digest: Some(self.text("digest")),
        };
        let mut notes = Notes::default();
        notes.caveat("hostile_caveat", "what was found stands beside it", 1, &self.bytes("found"));
        Capture { source, content: Content::Profile(profile), notes }
    }
}

/// The report of two captures with names of one kind. Every name has `zq` in it, and what it names.
///
/// # Panics
/// Never: the captures can be compared.
#[must_use]
pub fn hostile(names: Names) -> Report {
    let (before, after) =
        (names.capture("before", 2_000_000_000, 0), names.capture("after", 1_000_000_000, 6000));
    let options = CompareOptions { command: names.text("question"), ..CompareOptions::default() };
    compare(&before, &after, &options).unwrap_or_else(|error| panic!("{error}"))
}
