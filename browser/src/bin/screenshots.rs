//! Pictures of the page of every pair of the corpus, wide and narrow, light and dark, to `docs/screenshots` or the
//! folder that is named. pngquant, where it is installed, makes them small.

use anyhow::{Context, Result};
use browser::{Media, Server, corpus, html, root, shared};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| root().join("docs/screenshots"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let chromium = shared().context("pictures need a browser")?;
    let mut out = std::io::stdout();
    for pair in corpus()? {
        let server = Server::start(html(&pair.report()?))?;
        let mut page = chromium.page()?;
        page.open(server.address())?;
        page.ready()?;
        for width in [1280, 390] {
            for dark in [false, true] {
                page.media(Media { width, height: 900, dark, still: true })?;
                // A resize and a change of the palette are each drawn at the next frame.
                page.run("for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)")?;
                let palette = if dark { "dark" } else { "light" };
                let file = folder.join(format!("{}-{width}-{palette}.png", pair.name));
                std::fs::write(&file, page.picture()?)?;
                shrink(&file)?;
                writeln!(out, "{:>7} {}", std::fs::metadata(&file)?.len(), file.display())?;
            }
        }
    }
    Ok(())
}

/// Takes a picture down to 16 colours, without dots of two colours for one between: these would not compress.
fn shrink(file: &Path) -> Result<()> {
    let mut pngquant = Command::new("pngquant");
    pngquant.args(["--force", "--nofs", "--speed", "1", "--ext", ".png", "16", "--"]).arg(file);
    match pngquant.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => anyhow::bail!("pngquant: {status}"),
        Err(_) => {
            writeln!(
                std::io::stderr(),
                "{} is large: pngquant (Debian: pngquant) is not here",
                file.display()
            )?;
            Ok(())
        }
    }
}
