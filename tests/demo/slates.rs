//! Saves a picture of every slate, and of plates: `xvfb-run cargo run --example slates OUT_DIR`.
//!
//! As in every screenshot, the pairing code is not on them. With `HOLD=seconds`, each stays on the
//! screen for so long.

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
    player::{
        Event, Invitation, InvitationReach, Look, PageEvent, PageId, PagePlan, Plate, Slate,
        SlateKind, ViewOrder,
    },
    settings::{Cursor, Network},
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
        scratch: directory.join("scratch"),
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

/// The slates of a device that nobody has set up, and plates over a page.
const LONG_NAME: &str = "Werk 3 · Halle 12 · Fertigungslinie Süd, Anzeigetafel über dem Eingang";
const LONG_ADDRESS: &str = "https://[2001:db8:85a3:8d3:1319:8a2e:370:7348]:8400/";
const ADDRESS: &str = "https://192.0.2.20:8400/";
const LOCAL_ADDRESS: &str = "http://127.0.0.1:8400/";
const CODE: &str = "KX4-7QD";
const FINGERPRINT: &str = "5F:0C:D1:93:7A:E4:28:B6:41:9D:0E:F7:63:AA:15:C8:\
                           8E:72:3B:D0:49:F1:06:9C:E5:2D:B8:74:1A:C3:60:97";

struct Gallery<'a> {
    view: &'a ViewHandle,
    heard: &'a Receiver<Event>,
    directory: &'a Path,
    page: PageId,
}

fn show_all(view: &ViewHandle, heard: &Receiver<Event>, directory: &Path) -> Result<()> {
    let mut gallery = Gallery {
        view,
        heard,
        directory,
        page: PageId::default(),
    };
    for (index, (kind, reason, remedy, next_try)) in SLATES.into_iter().enumerate() {
        let slate = Slate {
            kind,
            device: Some("Lobby west".to_owned()),
            reason: reason.to_owned(),
            remedy: remedy.map(str::to_owned),
            next_try: next_try.map(Duration::from_secs),
            invitation: None,
        };
        gallery.slate(&format!("slate-{index}-{kind:?}"), slate)?;
    }
    gallery.invitations()?;
    gallery.plates()
}

fn invitation(address: &str, reach: InvitationReach) -> Result<Invitation> {
    Ok(Invitation {
        address: address.parse()?,
        reach,
        fingerprint: match reach {
            InvitationReach::LocalOnly => None,
            InvitationReach::Network => Some(FINGERPRINT.to_owned()),
        },
        code: Some(CODE.into()),
    })
}

impl Gallery<'_> {
    fn invitations(&mut self) -> Result<()> {
        let network = invitation(ADDRESS, InvitationReach::Network)?;
        let local = invitation(LOCAL_ADDRESS, InvitationReach::LocalOnly)?;
        let long = invitation(LONG_ADDRESS, InvitationReach::Network)?;
        let (short_name, long_name) = ("Lobby west", LONG_NAME);
        for (name, kind, device, invitation) in [
            (
                "network",
                SlateKind::Unconfigured,
                short_name,
                network.clone(),
            ),
            (
                "paired",
                SlateKind::Unconfigured,
                short_name,
                network.without_code(),
            ),
            ("local", SlateKind::Unconfigured, short_name, local),
            ("long", SlateKind::Unconfigured, long_name, long.clone()),
            (
                "denied",
                SlateKind::Denied,
                short_name,
                network.without_code(),
            ),
            (
                "denied-long",
                SlateKind::Denied,
                long_name,
                long.without_code(),
            ),
        ] {
            let slate = Slate {
                kind,
                device: Some(device.to_owned()),
                reason: "There is nothing to show in the settings".to_owned(),
                remedy: None,
                next_try: (kind == SlateKind::Denied).then_some(Duration::from_secs(900)),
                invitation: Some(invitation),
            };
            self.slate(&format!("invitation-{name}"), slate)?;
        }
        Ok(())
    }

    fn plates(&mut self) -> Result<()> {
        self.page = self.page.next();
        let html = "<body bgcolor=lightsteelblue><h1>Sales today</h1>";
        let plan = PagePlan {
            url: format!("data:text/html,{html}").parse()?,
            allow: Vec::new(),
            look: Look {
                zoom: 1.0,
                cursor: Cursor::Hidden,
            },
        };
        let page = self.page;
        self.view.send(ViewOrder::ShowPage {
            page,
            plan: Box::new(plan),
        });
        self.await_picture()?;
        let network = invitation(ADDRESS, InvitationReach::Network)?;
        let device = Some("Lobby west".to_owned());
        let long = Some(LONG_NAME.to_owned());
        let address = Some(network.address.clone());
        let invite = |device: &Option<String>, invitation| Plate::Invitation {
            device: device.clone(),
            invitation,
        };
        for (name, plate) in [
            (
                "name",
                Plate::Name {
                    device: device.clone(),
                    address,
                },
            ),
            ("network", invite(&device, network.clone())),
            ("paired", invite(&device, network.without_code())),
            (
                "local",
                invite(
                    &device,
                    invitation(LOCAL_ADDRESS, InvitationReach::LocalOnly)?,
                ),
            ),
            (
                "long",
                invite(&long, invitation(LONG_ADDRESS, InvitationReach::Network)?),
            ),
        ] {
            self.view.send(ViewOrder::ShowPlate(Box::new(plate)));
            self.save(&format!("plate-{name}"))?;
        }
        Ok(())
    }

    fn slate(&mut self, name: &str, slate: Slate) -> Result<()> {
        self.page = self.page.next();
        let page = self.page;
        self.view.send(ViewOrder::ShowSlate {
            page,
            slate: Box::new(slate),
        });
        self.await_picture()?;
        self.save(name)
    }

    fn await_picture(&self) -> Result<()> {
        loop {
            let event = self.heard.recv_timeout(Duration::from_secs(20))?;
            let Event::Page { page: of, event } = event else {
                continue;
            };
            if of == self.page && event == PageEvent::Rendered {
                return Ok(());
            }
            if let PageEvent::Failed(failure) = event {
                return Err(failure.into());
            }
        }
    }

    fn save(&self, name: &str) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let path = self.directory.join(format!("{name}.png"));
        fs::write(path, runtime.block_on(self.view.screenshot(None))?)?;
        if let Some(seconds) = env::var("HOLD").ok().and_then(|text| text.parse().ok()) {
            thread::sleep(Duration::from_secs_f64(seconds));
        }
        Ok(())
    }
}
