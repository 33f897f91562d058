//! Saves a picture of every slate: `xvfb-run cargo run --example slates OUT_DIR`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result};
use everlit::{
    player::{Event, PageEvent, PageId, Slate, SlateKind, ViewOrder},
    settings::Network,
    webview::{ViewHandle, ViewOptions, Windowed, run},
};

const SLATES: [(SlateKind, &str, Option<&str>, Option<u64>); 7] = [
    (
        SlateKind::Starting,
        "The first picture is on its way.",
        None,
        None,
    ),
    (
        SlateKind::Unconfigured,
        "This display has no settings yet.",
        Some(
            "Write /etc/everlit/settings.toml, or open the address below in a browser and enter the report there.",
        ),
        None,
    ),
    (
        SlateKind::WaitingForNetwork,
        "The Power BI service cannot be reached: login.microsoftonline.com does not resolve.",
        Some("Check the network cable or the Wi-Fi."),
        Some(42),
    ),
    (
        SlateKind::WaitingForTime,
        "This device's clock says Thu 1 Jan 1970. Until it is set, no certificate can be checked.",
        Some(
            "Check that a time server can be reached (NTP, UDP port 123), or the clock's battery.",
        ),
        Some(10),
    ),
    (
        SlateKind::Denied,
        "Entra refused this display: the client secret is wrong (AADSTS7000215).",
        Some(
            "Create a new client secret for the app “Wall displays” and put its value, not its ID, into the credential client_secret.",
        ),
        Some(900),
    ),
    (
        SlateKind::Trouble,
        "The report says LoadReportFailed: the report was loaded, but its data model could not be opened.",
        Some("Check whether the workspace's capacity is running."),
        Some(75),
    ),
    (
        SlateKind::Denied,
        "Entra refused this display: AADSTS700016: Application with identifier 'c0ffee00-0000-4000-8000-000000000000' was not found in the directory 'Contoso Manufacturing GmbH & Co. KG'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.",
        Some(
            "Check client_id and tenant_id in the settings; both are on the app's overview page in the Entra admin center. Then make the app a member of the workspace, and allow service principals in the Power BI admin portal.",
        ),
        Some(3600),
    ),
];

fn main() -> Result<ExitCode> {
    let mut arguments = env::args().skip(1);
    let directory = PathBuf::from(arguments.next().context("usage: slates OUT_DIR")?);
    fs::create_dir_all(&directory)?;
    let (events, heard) = channel();
    let options = ViewOptions {
        windowed: Windowed::Fullscreen,
        address: || "192.0.2.20".to_owned(),
        network: Network::default(),
        memory_limit_mb: 600,
    };
    run(
        options,
        move |view| {
            thread::spawn(move || {
                let outcome = show_all(&view, &heard, &directory);
                view.exit(i32::from(outcome.is_err()));
            });
        },
        move |event| {
            let _ = events.send(event);
        },
    )?;
    Ok(ExitCode::SUCCESS)
}

fn show_all(view: &ViewHandle, heard: &Receiver<Event>, directory: &Path) -> Result<()> {
    let mut page = PageId::default();
    for (index, (kind, reason, remedy, next_try)) in SLATES.into_iter().enumerate() {
        page = page.next();
        let slate = Slate {
            kind,
            device: Some("Lobby west".to_owned()),
            reason: reason.to_owned(),
            remedy: remedy.map(str::to_owned),
            next_try: next_try.map(Duration::from_secs),
        };
        view.send(ViewOrder::ShowSlate { page, slate });
        save_when_rendered(
            view,
            heard,
            page,
            &directory.join(format!("slate-{index}-{kind:?}.png")),
        )?;
    }
    Ok(())
}

fn save_when_rendered(
    view: &ViewHandle,
    heard: &Receiver<Event>,
    page: PageId,
    path: &Path,
) -> Result<()> {
    loop {
        let Event::Page { page: of, event } = heard.recv_timeout(Duration::from_secs(20))? else {
            continue;
        };
        if of == page && event == PageEvent::Rendered {
            break;
        }
        if let PageEvent::Failed(failure) = event {
            return Err(failure.into());
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    fs::write(path, runtime.block_on(view.screenshot())?)?;
    Ok(())
}
