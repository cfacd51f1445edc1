//! The page of a large report in a browser: see README.md of this package.

fn main() -> anyhow::Result<()> {
    benches::page::main()
}
