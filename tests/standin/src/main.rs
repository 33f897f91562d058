//! Runs the stand-in by itself until it is ended by a signal.

use std::path::PathBuf;

use anyhow::{Context, bail};
use everlit_standin::{Content, Credential, Entrance, Options, Standin};

const USAGE: &str =
    "usage: everlit-standin --dir DIR [--token-life SECONDS] [--entrance proxy|direct]";

#[expect(clippy::print_stdout, reason = "this is the program's answer")]
fn main() -> anyhow::Result<()> {
    let options = options(std::env::args().skip(1))?;
    std::fs::create_dir_all(&options.dir)
        .with_context(|| format!("cannot make {}", options.dir.display()))?;
    let standin = Standin::start(options)?;
    let text = standin.settings_toml(&Content::Report, Credential::Secret, "");
    let settings = standin.write_settings(&text)?;
    println!("proxy        {}", standin.proxy_url());
    println!("admin        {}", standin.admin_url());
    println!("certificate  {}", standin.certificate_path().display());
    println!("settings     {}", settings.display());
    loop {
        std::thread::park();
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let (mut dir, mut life, mut entrance) = (None, None, Entrance::default());
    while let Some(argument) = arguments.next() {
        let value = arguments.next().context(USAGE)?;
        match argument.as_str() {
            "--dir" => dir = Some(PathBuf::from(value)),
            "--token-life" => life = Some(value.parse::<f64>().context(USAGE)?),
            "--entrance" => {
                entrance = match value.as_str() {
                    "proxy" => Entrance::Proxy,
                    "direct" => Entrance::Direct,
                    _ => bail!(USAGE),
                };
            }
            _ => bail!(USAGE),
        }
    }
    let mut options = Options::new(dir.context(USAGE)?);
    options.faults.token_life_s = life.unwrap_or(options.faults.token_life_s);
    options.entrance = entrance;
    Ok(options)
}
