//! Names of modules: binaries, libraries and the pseudo-files that stand for them.

/// A path without its folders.
pub(crate) fn base_name(path: &[u8]) -> &[u8] {
    let base = memchr::memrchr2(b'/', b'\\', path).map_or(path, |slash| &path[slash + 1..]);
    if base.is_empty() { path } else { base }
}

/// Whether code of this module runs in the kernel.
pub(crate) fn is_kernel(path: &[u8]) -> bool {
    let base = base_name(path);
    path.starts_with(b"[kernel")
        || path.starts_with(b"[guest.kernel")
        || base.starts_with(b"vmlinux")
        || base.starts_with(b"bpf_prog_")
        || [&b".ko"[..], b".ko.xz", b".ko.zst", b".ko.gz"].iter().any(|end| base.ends_with(end))
}

/// Whether code of this module was compiled at run time.
pub(crate) fn is_jit(path: &[u8]) -> bool {
    let base = base_name(path);
    (base.starts_with(b"perf-") && base.ends_with(b".map"))
        || base.starts_with(b"jitted-")
        || path.starts_with(b"//anon")
        || path.starts_with(b"[JIT")
}

/// The name that unsymbolised code of a module goes by: `[libc.so.6]`, or `[libc.so.6+0x1f]` at a known place.
pub(crate) fn unsymbolised(path: &[u8], offset: Option<u64>) -> Vec<u8> {
    let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
    let base = base_name(path);
    let base = base.strip_prefix(b"[").and_then(|base| base.strip_suffix(b"]")).unwrap_or(base);
    let offset = offset.map_or_else(String::new, |offset| format!("+{offset:#x}"));
    [b"[", base, offset.as_bytes(), b"]"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_modules_are_known_by_name() {
        for kernel in ["[kernel.kallsyms]", "/lib/modules/6.1/ext4.ko.xz", "/boot/vmlinux-6.1", "bpf_prog_2b"]
        {
            assert!(is_kernel(kernel.as_bytes()), "{kernel}");
        }
        assert!(!is_kernel(b"/usr/bin/kernel") && !is_kernel(b"[vdso]"));
    }

    #[test]
    fn unsymbolised_code_is_named_after_its_module() {
        let name = |path: &str, offset| String::from_utf8(unsymbolised(path.as_bytes(), offset)).unwrap();
        assert_eq!(name("/opt/w app (deleted)", None), "[w app]");
        assert_eq!(name("[kernel.kallsyms]", None), "[kernel.kallsyms]");
        assert_eq!(name("C:\\bin\\a.exe", Some(0x1f)), "[a.exe+0x1f]");
    }
}
