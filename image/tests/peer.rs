//! A page that shows the report in any browser: Microsoft's SDK with a token that is ready.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use everlit::{net, settings, supervise};
use everlit_standin::{REPORT_ID, Standin, TOKEN_SERVICE_HOST, WORKSPACE_ID};
use serde_json::{Value, json};

use crate::{
    credentials::Credentials,
    provisioning::{self, HERE},
};

const PAGE: &str = include_str!("peer.html");
const SDK: &str = "node_modules/powerbi-client/dist/powerbi.min.js";
/// Longer than any comparison takes.
const TOKEN_LIFE_S: f64 = 12.0 * 3600.0;
/// A browser opens connections that it may never use.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves the page for as long as the program runs, and tells the browser's device of it.
pub(crate) fn serve(cloud: &Standin, credentials: Credentials) -> Result<Credentials> {
    cloud.set_faults(|faults| faults.token_life_s = TOKEN_LIFE_S);
    let page = page(cloud)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::Builder::new()
        .name("peer page".to_owned())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                let page = page.clone();
                thread::spawn(move || answer(stream, &page));
            }
        })?;
    Ok(credentials
        .with("everlit.peer-url", &format!("http://{HERE}:{port}/"))
        .with("everlit.peer-flags", &flags(cloud)))
}

/// How Chromium reaches the stand-in, in one line. The page itself is not asked for by the proxy,
/// which knows only the stand-in's hosts.
fn flags(cloud: &Standin) -> String {
    let proxy = provisioning::proxy(cloud);
    format!("--proxy-server={proxy} --proxy-bypass-list={HERE} --ignore-certificate-errors")
}

fn page(cloud: &Standin) -> Result<String> {
    let sdk = fs::read_to_string(SDK).with_context(|| format!("no {SDK}: run `make deps`"))?;
    let minted = supervise::runtime()?.block_on(minted(cloud))?;
    // What the daemon itself asks of the SDK.
    let plan = json!({
        "type": "report",
        "tokenType": 1,
        "permissions": 0,
        "id": REPORT_ID,
        "groupId": WORKSPACE_ID,
        "embedUrl": minted["embedUrl"],
        "accessToken": minted["token"],
        "settings": {
            "hideErrors": true,
            "visualRenderedEvents": false,
            "panes": {
                "filters": { "visible": false },
                "pageNavigation": { "visible": false },
            },
        },
    });
    Ok(PAGE
        .replace("{{plan}}", &plan.to_string())
        .replace("{{sdk}}", &sdk))
}

async fn minted(cloud: &Standin) -> Result<Value> {
    let network = settings::Network {
        proxy: Some(cloud.proxy_url().parse()?),
        trusted_certificates: vec![cloud.certificate_path().to_owned()],
    };
    let answer = net::client(&network)?
        .post(format!("https://{TOKEN_SERVICE_HOST}/token"))
        .bearer_auth(cloud.bearer())
        .send()
        .await?;
    Ok(answer.error_for_status()?.json().await?)
}

fn answer(stream: TcpStream, page: &str) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    write!(
        reader.get_mut(),
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{page}",
        page.len()
    )?;
    Ok(())
}
