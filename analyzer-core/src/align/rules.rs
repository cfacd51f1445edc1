//! Rules for names: what a rebuild, a JIT or a profiler adds to the name of the same function.
//!
//! Rules are data, applied in order. Generic arguments are never erased: `Vec<u8>::push` and
//! `Vec<String>::push` are different code.

use super::demangle::demangled;
use regex::bytes::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable name.
    pub name: &'static str,
    /// What it takes away, for people.
    pub description: &'static str,
    /// A text that every name the rule changes contains: names without it are not searched.
    pub hint: &'static str,
    /// What is replaced.
    pub pattern: &'static str,
    /// By what.
    pub replacement: &'static str,
}

/// All rules, in the order in which they are applied.
pub const RULES: &[Rule] = &[
    Rule {
        name: "rust-hash",
        description: "Rust's legacy symbol hash",
        hint: "::h",
        pattern: r"::h[0-9a-f]{16}\b",
        replacement: "",
    },
    Rule {
        name: "rust-disambiguator",
        description: "crate disambiguators of Rust's v0 symbols",
        hint: "[",
        pattern: r"\b([A-Za-z_]\w*)\[[0-9a-f]{14,16}\]",
        replacement: "$1",
    },
    Rule {
        name: "rust-closure-number",
        description: "numbers of Rust closures",
        hint: "{closure#",
        pattern: r"\{closure#\d+\}",
        replacement: "{closure}",
    },
    Rule {
        name: "clone-note",
        description: "demanglers' notes of clones",
        hint: "[clone ",
        pattern: r"\s*\[clone [^\]]*\]",
        replacement: "",
    },
    Rule {
        name: "cpp-lambda-number",
        description: "numbers of C++ lambdas, as GCC and Clang write them",
        hint: "lambda",
        pattern: r"\{lambda(\([^{}]*\))#\d+\}|'lambda\d*'",
        replacement: "{lambda$1}",
    },
    Rule {
        name: "cpp-unnamed-number",
        description: "numbers of C++ lambdas and types without a name",
        hint: "$_",
        pattern: r"\$_\d+\b",
        replacement: "$$_",
    },
    Rule {
        name: "compiler-clone",
        description: "clones made by GCC and LLVM",
        hint: ".",
        pattern: r"(?:\.(?:isra|constprop|part|clone|lto_priv|llvm|__uniq|__part)\.\d+|\.(?:cold|localalias|hot|warm)(?:\.\d+)?)+$",
        replacement: "",
    },
    Rule {
        name: "offset",
        description: "offsets into the function",
        hint: "+0x",
        pattern: r"\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?$",
        replacement: "",
    },
    Rule {
        name: "symbol-version",
        description: "symbol versions of shared libraries",
        hint: "@",
        pattern: r"@@?(?:GLIBC|GLIBCXX|GCC|CXXABI|OPENSSL|LIBC)[\w.]*$",
        replacement: "",
    },
    Rule {
        name: "plt",
        description: "calls through the PLT",
        hint: "@plt",
        pattern: r"@plt$",
        replacement: "",
    },
    Rule {
        name: "java-lambda-class",
        description: "names of Java lambda classes",
        hint: "$$Lambda",
        pattern: r"\$\$Lambda(?:\$\d+)?(?:[./+](?:0x[0-9a-f]+|\d+))*",
        replacement: "$$$$Lambda",
    },
    Rule {
        name: "java-lambda-method",
        description: "numbers of Java lambda methods",
        hint: "lambda$",
        pattern: r"lambda\$(\w+)\$\d+",
        replacement: "lambda$$$1",
    },
    Rule {
        name: "scala-closure-number",
        description: "numbers of Scala closures",
        hint: "$anonfun$",
        pattern: r"\$anonfun\$(\w+)\$\d+",
        replacement: "$$anonfun$$$1",
    },
    Rule {
        name: "java-hidden-class",
        description: "addresses of hidden Java classes",
        hint: "0x",
        pattern: r"([A-Za-z_$])[/+.]0x[0-9a-f]{8,16}\b",
        replacement: "$1",
    },
    Rule {
        name: "java-generated",
        description: "numbers of generated Java classes",
        hint: "Generated",
        pattern: r"\b(GeneratedMethodAccessor|GeneratedConstructorAccessor|GeneratedSerializationConstructorAccessor)\d+",
        replacement: "$1",
    },
    Rule {
        name: "java-proxy",
        description: "numbers of Java proxies",
        hint: "$",
        pattern: r"(?:\bjdk([./])proxy\d+([./]))?\$(Proxy|\$EnhancerBySpringCGLIB\$\$|\$EnhancerByCGLIB\$\$|\$FastClassBySpringCGLIB\$\$|\$FastClassByCGLIB\$\$|\$SpringCGLIB\$\$)[0-9a-f]+",
        replacement: "$$$3",
    },
    Rule {
        name: "go-closure-number",
        description: "numbers of Go closures",
        hint: ".func",
        pattern: r"\.func\d+(?:\.\d+)*",
        replacement: ".func",
    },
    Rule {
        name: "go-wrapper-number",
        description: "numbers of Go's wrappers of calls",
        hint: ".",
        pattern: r"\.(gowrap|deferwrap)\d+",
        replacement: ".$1",
    },
    Rule {
        name: "go-module-version",
        description: "major versions in Go import paths",
        hint: "/v",
        pattern: r"/v\d+([./])",
        replacement: "$1",
    },
    Rule {
        name: "package-prefix",
        description: "folders that packages are installed in",
        hint: "/",
        pattern: r"(^|[ (:])(?:[^ ():]*/)?(?:site-packages|dist-packages|node_modules|registry/src/[^/ ]+|pkg/mod)/",
        replacement: "$1",
    },
    Rule {
        name: "package-version",
        description: "versions in package paths",
        hint: "/",
        pattern: r"[-@]v?\d+\.\d+\.\d+[\w.+-]*/",
        replacement: "/",
    },
    Rule {
        name: "line",
        description: "lines of the source in names",
        hint: ":",
        pattern: r"(\.[A-Za-z]\w{0,7}):\d+(?::\d+)?(\)?)$",
        replacement: "$1$2",
    },
];

static COMPILED: LazyLock<Vec<(&'static Rule, Regex)>> = LazyLock::new(|| {
    let compile = |rule: &'static Rule| {
        (rule, Regex::new(rule.pattern).expect("the patterns are constants, and a test compiles them"))
    };
    RULES.iter().map(compile).collect()
});

/// The name without what the rules take away.
///
/// ```
/// use analyzer_core::align::canonical;
///
/// assert_eq!(&*canonical(b"core::fmt::write::h0123456789abcdef"), b"core::fmt::write");
/// ```
#[must_use]
pub fn canonical(name: &[u8]) -> Cow<'_, [u8]> {
    canonical_by(name, &mut Applied::default())
}

/// The same, and which rules took something away.
pub(super) fn canonical_by<'a>(name: &'a [u8], applied: &mut Applied) -> Cow<'a, [u8]> {
    let mut name = demangled(name).map_or(Cow::Borrowed(name), |name| {
        applied.add(RULES.len());
        Cow::Owned(name.into_bytes())
    });
    for (index, (rule, pattern)) in COMPILED.iter().enumerate() {
        if !contains(&name, rule.hint.as_bytes()) {
            continue;
        }
        if let Cow::Owned(changed) = pattern.replace_all(&name, rule.replacement.as_bytes())
            && !changed.is_empty()
        {
            applied.add(index);
            name = Cow::Owned(changed);
        }
    }
    name
}

/// The rules that changed the names of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied(u64);

impl Applied {
    /// What has a bit of its own beside the rules.
    const OTHERS: [&'static str; 2] = ["demangled", "thread-number"];

    fn add(&mut self, rule: usize) {
        self.0 |= 1 << rule;
    }

    /// Adds that the number of a thread was taken away.
    pub(super) fn add_thread_number(&mut self) {
        self.add(RULES.len() + 1);
    }

    /// Adds what was applied to another name of the function.
    pub(super) fn join(&mut self, other: Applied) {
        self.0 |= other.0;
    }

    /// The names of the rules.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let all = RULES.iter().map(|rule| rule.name).chain(Applied::OTHERS);
        all.enumerate().filter(move |(rule, _)| self.0 >> rule & 1 == 1).map(|(_, name)| name)
    }
}

/// The name of a thread without the numbers that tell it from its siblings: `intake-0` and `intake-1` are one pool.
///
/// ```
/// use analyzer_core::align::thread_name;
///
/// assert_eq!(&*thread_name(b"pool-2-thread-17"), b"pool-*-thread-*");
/// assert_eq!(&*thread_name(b"v8"), b"v8");
/// ```
#[must_use]
pub fn thread_name(name: &[u8]) -> Cow<'_, [u8]> {
    static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?-u)([-_:/# =])[0-9]+").expect("the pattern is a constant, and a test compiles it")
    });
    NUMBERS.replace_all(name, &b"$1*"[..])
}

fn contains(name: &[u8], hint: &[u8]) -> bool {
    hint.is_empty() || memchr::memmem::find(name, hint).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> String {
        String::from_utf8(canonical(name.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn rebuilds_do_not_rename() {
        let mut applied = Applied::default();
        for (raw, name) in [
            ("core::fmt::write::h0123456789abcdef", "core::fmt::write"),
            ("alloc[d5a1b3c2e4f60718]::vec::push", "alloc::vec::push"),
            ("app::run::{closure#3}", "app::run::{closure}"),
            ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
            ("parse(int)::{lambda(char)#2}::operator()", "parse(int)::{lambda(char)}::operator()"),
            ("parse(int)::'lambda3'(char)::operator()", "parse(int)::{lambda}(char)::operator()"),
            ("main::$_12::operator()", "main::$_::operator()"),
            ("parse.isra.0.cold", "parse"),
            ("parse.__uniq.123456.llvm.42", "parse"),
            ("parse.constprop.0.lto_priv.1", "parse"),
            ("parse.localalias", "parse"),
            ("parse.part.0 [clone .constprop.1]", "parse"),
            ("memcpy+0x1f", "memcpy"),
            ("tcp_sendmsg+0x1f/0x40", "tcp_sendmsg"),
            ("__libc_start_main@@GLIBC_2.34", "__libc_start_main"),
            ("malloc@plt", "malloc"),
            ("com.acme.A$$Lambda$123/0x00000008000c0840.run", "com.acme.A$$Lambda.run"),
            ("com.acme.A$$Lambda$14/1072591677.accept", "com.acme.A$$Lambda.accept"),
            ("com.acme.A$$Lambda.0x00007f00c8000840.apply", "com.acme.A$$Lambda.apply"),
            ("com.acme.A.lambda$handle$4", "com.acme.A.lambda$handle"),
            ("acme.Main$.$anonfun$run$3", "acme.Main$.$anonfun$run"),
            (
                "java.lang.invoke.LambdaForm$MH/0x0000000800066840.invoke",
                "java.lang.invoke.LambdaForm$MH.invoke",
            ),
            (
                "jdk.internal.reflect.GeneratedMethodAccessor17.invoke",
                "jdk.internal.reflect.GeneratedMethodAccessor.invoke",
            ),
            ("com.sun.proxy.$Proxy42.get", "com.sun.proxy.$Proxy.get"),
            ("jdk.proxy2.$Proxy42.get", "$Proxy.get"),
            ("acme.Shop$$SpringCGLIB$$0.get", "acme.Shop$$SpringCGLIB$$.get"),
            ("acme.Shop$$EnhancerBySpringCGLIB$$1a2b3c4d.get", "acme.Shop$$EnhancerBySpringCGLIB$$.get"),
            ("main.(*Server).handle.func2.1", "main.(*Server).handle.func"),
            ("main.serve.gowrap2", "main.serve.gowrap"),
            ("github.com/acme/api/v3.Call", "github.com/acme/api.Call"),
            ("get (/usr/lib/python3.11/site-packages/flask/app.py)", "get (flask/app.py)"),
            ("get (lib/dist-packages/flask/app.py)", "get (flask/app.py)"),
            ("/app/node_modules/express/router.js", "express/router.js"),
            ("/home/me/go/pkg/mod/github.com/acme/api@v1.2.3/call.go", "github.com/acme/api/call.go"),
            ("/home/me/.cargo/registry/src/index-1a2b/serde-1.0.3/src/de.rs", "serde/src/de.rs"),
            ("handle (app/router.js:12:5)", "handle (app/router.js)"),
            ("app.py:17", "app.py"),
        ] {
            assert_eq!(std::str::from_utf8(&canonical_by(raw.as_bytes(), &mut applied)), Ok(name), "{raw}");
        }
        applied.add_thread_number();
        // Every rule has an example above.
        assert_eq!(
            applied.names().count(),
            RULES.len() + Applied::OTHERS.len(),
            "{:?}",
            applied.names().collect::<Vec<_>>()
        );
    }

    #[test]
    fn different_code_stays_different() {
        for name in [
            "Vec<u8>::push",
            "std::h2::connect",
            "std::hash::h0123",
            "handle",
            "http.part",
            "parse.part.x",
            "main.function",
            "main.funcs",
            "main.wrap2",
            "a.b.partial",
            "a.b.cold_start",
            "operator+",
            "x+y",
            "x@y",
            "user@plthost",
            "lambda",
            "lambda$",
            "apply$mcV$sp",
            "$anonfun",
            "cost$_total",
            "com.acme.A$$Lambda.accept",
            "com.acme.Generated.method1",
            "com.acme.Proxy42.get",
            "com.acme.Shop$Cart2.get",
            "{closure}",
            "{lambda(char)}",
            "0x00007f00c8000840",
            "api/version.Call",
            "my_node_modules/express.js",
            "node_modules",
            "acme-1.2/de.rs",
            "v8::internal::Execution::Call(v8::internal::Isolate*)",
            "arr[0123]",
            "read",
            "host:8080",
            "mod:fun/2",
        ] {
            assert_eq!(of(name), name);
        }
    }
}
