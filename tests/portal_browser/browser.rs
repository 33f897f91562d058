//! A headless Chromium under WebDriver, and the portal's pages in it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use thirtyfour::{
    ChromiumLikeCapabilities as _, DesiredCapabilities, WebDriver, WebElement,
    prelude::{By, ElementQueryable as _},
};
use tokio::runtime::{Builder, Runtime};

/// Far beyond anything a page needs.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

const AXE: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/node_modules/axe-core/axe.min.js"
));

/// Runs WebDriver's server; ends it with this value.
pub(crate) struct Driver {
    server: Child,
    address: String,
}

impl Driver {
    pub(crate) fn start() -> Result<Self> {
        let mut server = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start chromedriver; `make deps` installs it")?;
        let output = server.stdout.take().context("no output")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some((_, port)) = line.rsplit_once("successfully on port ") {
                let port = port.trim_end_matches('.');
                let address = format!("http://127.0.0.1:{port}");
                return Ok(Self { server, address });
            }
        }
        bail!("chromedriver does not start")
    }

    /// A browser of its own, which knows nothing of any other.
    pub(crate) fn browser(&self) -> Result<Browser> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let page = runtime.block_on(self.page())?;
        Ok(Browser { runtime, page })
    }

    async fn page(&self) -> Result<Page> {
        // The driver's client wants one, and there may be one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut wishes = DesiredCapabilities::chrome();
        for argument in [
            "--headless=new",
            // The tests may run as root.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ] {
            wishes.add_arg(argument)?;
        }
        let web = WebDriver::new(&self.address, wishes).await?;
        web.set_window_rect(0, 0, 1440, 1000).await?;
        Ok(Page { web })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A browser with one page; what is asked of it is waited for.
pub(crate) struct Browser {
    runtime: Runtime,
    page: Page,
}

impl Browser {
    pub(crate) fn open(&self, address: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.page.web.goto(address))?)
    }

    /// Types into a field, in the place of what is there.
    pub(crate) fn fill(&self, id: &str, text: &str) -> Result<()> {
        self.runtime.block_on(self.page.fill(id, text))
    }

    /// Presses the visible button that says this.
    pub(crate) fn press(&self, words: &str) -> Result<()> {
        self.runtime.block_on(self.page.press(words))
    }

    /// Follows the link of a CSS selector.
    pub(crate) fn follow(&self, selector: &str) -> Result<()> {
        self.runtime
            .block_on(async { Ok(self.page.find(selector).await?.click().await?) })
    }

    /// The text of a CSS selector, once it is there.
    pub(crate) fn text_of(&self, selector: &str) -> Result<String> {
        self.runtime
            .block_on(async { Ok(self.page.find(selector).await?.text().await?) })
    }

    /// Waits until the page says something.
    pub(crate) fn until(&self, words: &str) -> Result<()> {
        self.runtime.block_on(self.page.until(words))
    }

    /// Fails with what axe-core finds that is serious or worse, on a phone and on a desktop, and
    /// takes pictures of both.
    pub(crate) fn examine(&self, name: &str) -> Result<()> {
        for width in [390, 1440] {
            self.runtime.block_on(self.page.examine(name, width))?;
        }
        Ok(())
    }

    /// A picture of the whole page, in target/portal/.
    pub(crate) fn photograph(&self, name: &str) -> Result<()> {
        self.runtime.block_on(self.page.photograph(name))
    }

    pub(crate) fn script(&self, script: &str) -> Result<Value> {
        let answer = self
            .runtime
            .block_on(self.page.web.execute(script, Vec::new()));
        Ok(answer?.json().clone())
    }

    pub(crate) fn close(self) -> Result<()> {
        Ok(self.runtime.block_on(self.page.web.quit())?)
    }
}

struct Page {
    web: WebDriver,
}

impl Page {
    /// The element of a CSS selector, once it is there.
    async fn find(&self, selector: &str) -> Result<WebElement> {
        let query = self.web.query(By::Css(selector.to_owned()));
        let found = query.wait(PATIENCE, LOOK_AGAIN).first().await;
        if let Ok(element) = found {
            return Ok(element);
        }
        bail!(
            "no {selector} on {}: {}",
            self.web.current_url().await?,
            self.text().await?
        )
    }

    /// Types into the field with this label, in the place of what is there.
    async fn fill(&self, id: &str, text: &str) -> Result<()> {
        let field = self.find(&format!("[id='{id}']")).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Presses the visible button that says this.
    async fn press(&self, words: &str) -> Result<()> {
        let path = format!("//button[normalize-space()={words:?} and not(@aria-hidden)]");
        let query = self.web.query(By::XPath(path));
        let button = query.wait(PATIENCE, LOOK_AGAIN).first().await;
        let button = button.with_context(|| format!("no button {words:?}"))?;
        button.scroll_into_view().await?;
        Ok(button.click().await?)
    }

    async fn text(&self) -> Result<String> {
        Ok(self.web.find(By::Tag("body")).await?.text().await?)
    }

    /// Waits until the page says something.
    async fn until(&self, words: &str) -> Result<()> {
        let start = everlit::clock::now();
        loop {
            // The page may be on its way out.
            let text = self.text().await.unwrap_or_default();
            if text.contains(words) {
                return Ok(());
            }
            ensure!(
                everlit::clock::now() < start + PATIENCE,
                "the page does not say {words:?}: {text}"
            );
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What axe-core finds on the page that is serious or worse, at a width.
    async fn examine(&self, name: &str, width: u32) -> Result<()> {
        self.web.set_window_rect(0, 0, width, 1000).await?;
        for scheme in ["dark", "light"] {
            self.wear(scheme).await?;
            self.ask_axe(&format!("{name} at {width} px, {scheme}"))
                .await?;
            if scheme == "dark" {
                self.photograph(&format!("{name}-{width}-dark")).await?;
                self.web.set_window_rect(0, 0, width, 1000).await?;
            }
        }
        let wide = self.web.execute(
            "const edge = document.documentElement.clientWidth;
             if (document.documentElement.scrollWidth <= edge) return [];
             return [...document.querySelectorAll('*')]
               .filter((one) => one.getBoundingClientRect().right > edge)
               .map((one) => one.outerHTML.slice(0, 120));",
            Vec::new(),
        );
        let wide = wide.await?.json().as_array().cloned().unwrap_or_default();
        ensure!(
            wide.is_empty(),
            "{name} is wider than {width} px: {wide:#?}"
        );
        self.photograph(&format!("{name}-{width}")).await
    }

    /// As the device that the browser runs on likes it.
    async fn wear(&self, scheme: &str) -> Result<()> {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        let tools = self.web.cdp();
        tools.send_raw("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }

    async fn ask_axe(&self, what: &str) -> Result<()> {
        self.web.execute(AXE, Vec::new()).await?;
        let found = self
            .web
            .execute_async(
                "const done = arguments[0];
                 axe.run(document, { resultTypes: ['violations'] })
                   .then((found) => done(found.violations
                     .filter((fault) => ['serious', 'critical'].includes(fault.impact))
                     .map((fault) => `${fault.id}: ${fault.help}: ${fault.nodes.map((n) => n.html).join(' ')}`)));",
                Vec::new(),
            )
            .await?;
        let found = found.json().as_array().cloned().unwrap_or_default();
        ensure!(found.is_empty(), "{what}: {found:#?}");
        Ok(())
    }

    /// A picture of the whole page, in target/portal/.
    async fn photograph(&self, name: &str) -> Result<()> {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/portal");
        fs::create_dir_all(&dir)?;
        let height = self
            .web
            .execute("return document.documentElement.scrollHeight", Vec::new());
        let height = height.await?.json().as_u64().unwrap_or(1000);
        let rect = self.web.get_window_rect().await?;
        let (width, tall) = (u32::try_from(rect.width)?, u32::try_from(height)?.min(6000));
        self.web.set_window_rect(0, 0, width, tall + 140).await?;
        let path: PathBuf = dir.join(format!("{name}.png"));
        Ok(self.web.screenshot(&path).await?)
    }
}
