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
        name: "compiler-clone",
        description: "clones made by GCC and LLVM",
        hint: ".",
        pattern: r"(?:\.(?:isra|constprop|part|lto_priv|llvm)\.\d+|\.(?:cold|localalias)(?:\.\d+)?)+$",
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
        pattern: r"\$\$Lambda(?:\$\d+)?(?:[./+](?:0x)?[0-9a-f]+)*",
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
        pattern: r"\$(Proxy|\$EnhancerBySpringCGLIB\$\$|\$EnhancerByCGLIB\$\$|\$FastClassBySpringCGLIB\$\$|\$FastClassByCGLIB\$\$)[0-9a-f]+",
        replacement: "$$$1",
    },
    Rule {
        name: "go-closure-number",
        description: "numbers of Go closures",
        hint: ".func",
        pattern: r"\.func\d+(?:\.\d+)*",
        replacement: ".func",
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
        pattern: r"/(?:[^/ ():]+/)*(?:site-packages|dist-packages|node_modules|registry/src/[^/]+|pkg/mod)/",
        replacement: "",
    },
    Rule {
        name: "package-version",
        description: "versions in package paths",
        hint: "",
        pattern: r"[-@]v?\d+\.\d+\.\d+[\w.+-]*/",
        replacement: "/",
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
    let mut name = demangled(name).map_or(Cow::Borrowed(name), |name| Cow::Owned(name.into_bytes()));
    for (rule, pattern) in COMPILED.iter() {
        if !contains(&name, rule.hint.as_bytes()) {
            continue;
        }
        if let Cow::Owned(changed) = pattern.replace_all(&name, rule.replacement.as_bytes())
            && !changed.is_empty()
        {
            name = Cow::Owned(changed);
        }
    }
    name
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
        for (raw, name) in [
            ("core::fmt::write::h0123456789abcdef", "core::fmt::write"),
            ("alloc[d5a1b3c2e4f60718]::vec::push", "alloc::vec::push"),
            ("app::run::{closure#3}", "app::run::{closure}"),
            ("parse.isra.0.cold", "parse"),
            ("parse.part.0 [clone .constprop.1]", "parse"),
            ("memcpy+0x1f", "memcpy"),
            ("__libc_start_main@@GLIBC_2.34", "__libc_start_main"),
            ("malloc@plt", "malloc"),
            ("com.acme.A$$Lambda$123/0x00000008000c0840.run", "com.acme.A$$Lambda.run"),
            ("com.acme.A.lambda$handle$4", "com.acme.A.lambda$handle"),
            (
                "jdk.internal.reflect.GeneratedMethodAccessor17.invoke",
                "jdk.internal.reflect.GeneratedMethodAccessor.invoke",
            ),
            ("com.sun.proxy.$Proxy42.get", "com.sun.proxy.$Proxy.get"),
            ("main.(*Server).handle.func2.1", "main.(*Server).handle.func"),
            ("github.com/acme/api/v3.Call", "github.com/acme/api.Call"),
            ("get (/usr/lib/python3.11/site-packages/flask/app.py)", "get (flask/app.py)"),
            ("/app/node_modules/express/router.js", "express/router.js"),
        ] {
            assert_eq!(of(raw), name, "{raw}");
        }
    }

    #[test]
    fn different_code_stays_different() {
        for name in [
            "Vec<u8>::push",
            "std::h2::connect",
            "handle",
            "http.part",
            "main.function",
            "a.b.partial",
            "operator+",
            "x@y",
            "lambda",
            "v8::internal::Execution::Call(v8::internal::Isolate*)",
            "arr[0123]",
            "read",
        ] {
            assert_eq!(of(name), name);
        }
    }
}
