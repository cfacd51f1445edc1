//! `plateau` beside its rivals: see README.md of this package.

fn main() -> anyhow::Result<()> {
    benches::suite::main()
}
