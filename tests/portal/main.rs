//! The portal over the network, with a made-up player behind it: who gets in, and who does not.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use everlit::{
    portal::{
        access::{Access, Scope},
        custody::Custody,
        door::{Door, Entrance},
        network_router,
    },
    secret::Secrets,
    settings::Settings,
    store::{History, SettingsFile},
};
use reqwest::{Client, Method, RequestBuilder, Response, header, redirect::Policy};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinSet, time::timeout};

mod attacks;
mod crowds;
mod described;
mod doors;
mod forms;
#[path = "../control/made_up.rs"]
mod made_up;
mod programs;

use made_up::{GOOD, Strings, control};

/// Longer than anything here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "three blind mice";

/// A device whose portal listens on loopback.
struct Device {
    dir: TempDir,
    strings: Strings,
    access: Access,
    entrance: watch::Receiver<Option<Entrance>>,
    address: SocketAddr,
    client: Client,
    _serving: JoinSet<anyhow::Result<()>>,
}

/// A browser that is signed in.
struct Browser {
    cookie: String,
    form_word: String,
}

impl Device {
    /// Nobody has set its password yet.
    async fn new() -> Self {
        Self::listening("127.0.0.1:0").await
    }

    async fn listening(listen: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let settings_path = dir.path().join("settings.toml");
        fs::write(&settings_path, GOOD).unwrap();
        let state = dir.path().join("state");
        let file = SettingsFile::new(settings_path.clone(), History::open(&state));
        let (control, strings) = control(file);
        let access = Access::open(&state);
        let (told, mut entrance) = watch::channel(None);
        let names = vec!["localhost".to_owned(), "wall7".to_owned()];
        let door = Door {
            secrets: Secrets::new(None),
            state_dir: state.clone(),
            names: names.clone(),
            entrance: told,
        };
        let settings = control.running.clone();
        let custody = Custody::new(&state, &settings_path);
        let router = network_router(control, access.clone(), custody, names);
        let mut serving = JoinSet::new();
        serving.spawn(door.keep_open(settings, router));
        let wanted = format!("{GOOD}[portal]\nlisten = '{listen}'\n");
        strings.running.send_replace(Some(parse(&wanted)));
        let open = timeout(PATIENCE, entrance.wait_for(Option::is_some)).await;
        let address = open.unwrap().unwrap().as_ref().unwrap().address;
        Self {
            dir,
            strings,
            access,
            entrance,
            address,
            client: client(),
            _serving: serving,
        }
    }

    /// Its password is set.
    async fn claimed() -> Self {
        let device = Self::new().await;
        device.claim().await;
        device
    }

    async fn claim(&self) -> String {
        let code = self.code();
        let claimed = self.access.claim(&code, PASSWORD.into(), self.address.ip());
        claimed.await.unwrap().expose_secret().to_owned()
    }

    /// What the screen shows.
    fn code(&self) -> String {
        let code = self.access.code();
        let code = code.borrow();
        code.as_ref().unwrap().expose_secret().to_owned()
    }

    async fn token(&self, scope: Scope) -> String {
        let token = self.access.add_token("test", scope).await.unwrap();
        token.expose_secret().to_owned()
    }

    /// Signs in as a browser does.
    async fn sign_in(&self) -> Browser {
        let answer = self
            .post("/sign-in", None)
            .body(format!("password={PASSWORD}"))
            .send();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 303);
        let cookie = cookie(&answer).unwrap();
        let page = self.get("/access", Some(&cookie)).send().await.unwrap();
        let page = page.text().await.unwrap();
        let form_word = between(&page, "name=\"csrf\" value=\"", "\"").to_owned();
        Browser { cookie, form_word }
    }

    fn url(&self, place: &str) -> String {
        format!("http://{}{place}", self.address)
    }

    fn request(&self, method: Method, place: &str) -> RequestBuilder {
        self.client.request(method, self.url(place))
    }

    fn get(&self, place: &str, cookie: Option<&str>) -> RequestBuilder {
        let request = self.request(Method::GET, place);
        match cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// A form of the device's own page.
    fn post(&self, place: &str, cookie: Option<&str>) -> RequestBuilder {
        let request = self
            .request(Method::POST, place)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, format!("http://{}", self.address));
        match cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    async fn status(&self, request: RequestBuilder) -> u16 {
        request.send().await.unwrap().status().as_u16()
    }

    fn file(&self) -> String {
        fs::read_to_string(self.settings_path()).unwrap()
    }

    fn settings_path(&self) -> PathBuf {
        self.dir.path().join("settings.toml")
    }
}

fn client() -> Client {
    // It fails only when a provider was installed before, which is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .danger_accept_invalid_certs(true)
        .no_proxy()
        .build()
        .unwrap()
}

fn parse(text: &str) -> Arc<Settings> {
    Arc::new(Settings::parse(text, Path::new("settings.toml")).unwrap())
}

/// The cookie as a browser sends it back.
fn cookie(answer: &Response) -> Option<String> {
    let set = answer.headers().get(header::SET_COOKIE)?;
    let (pair, _) = set.to_str().ok()?.split_once(';')?;
    Some(pair.to_owned())
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap().0
}
