//! A stand-in for the services, and a fetcher that works against it.

use std::time::Duration;

use everlit::{
    net::{self, Limits},
    player::{EmbedToken, TokenFailure},
    settings::{Content, Report, ServicePrincipal, Settings, Source},
    token::Fetcher,
};
use everlit_standin::{Credential, Options, Standin};
use secrecy::ExposeSecret;
use tempfile::TempDir;

/// Short, so that a test of a hanging service is quick.
pub(crate) const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    whole: Duration::from_millis(2500),
};

pub(crate) struct Lab {
    pub(crate) standin: Standin,
    pub(crate) settings: Settings,
    pub(crate) fetcher: Fetcher,
    _dir: TempDir,
}

impl Lab {
    pub(crate) fn new(credential: Credential) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let standin = Standin::start(Options::new(dir.path())).unwrap();
        let text = standin.settings_toml(&everlit_standin::Content::Report, credential, "");
        let settings = Settings::parse(&text, &dir.path().join("settings.toml")).unwrap();
        let fetcher = fetcher(&settings);
        Self {
            standin,
            settings,
            fetcher,
            _dir: dir,
        }
    }

    /// Fetches, and looks for secrets in everything that could be logged.
    pub(crate) async fn fetch(&self) -> Result<EmbedToken, TokenFailure> {
        let outcome = self.fetcher.fetch(self.report(), &self.settings).await;
        let mut printed = format!("{outcome:?} {:?} {:?}", self.fetcher, self.settings);
        if let Err(failure) = &outcome {
            printed.push_str(&failure.to_string());
        }
        let mut secrets = self.standin.counters().tokens;
        secrets.push(self.standin.client_secret().to_owned());
        secrets.push(self.standin.bearer().to_owned());
        for secret in secrets {
            assert!(!printed.contains(&secret), "a secret in {printed}");
        }
        outcome
    }

    pub(crate) async fn failure(&self) -> TokenFailure {
        match self.fetch().await {
            Ok(token) => panic!("a token came: {token:?}"),
            Err(failure) => failure,
        }
    }

    pub(crate) fn report(&self) -> &Report {
        let Content::Report(report) = &self.settings.playlist[0].content else {
            panic!("the playlist begins with a report")
        };
        report
    }

    pub(crate) fn report_mut(&mut self) -> &mut Report {
        let Content::Report(report) = &mut self.settings.playlist[0].content else {
            panic!("the playlist begins with a report")
        };
        report
    }

    pub(crate) fn principal_mut(&mut self) -> &mut ServicePrincipal {
        let Some(Source::ServicePrincipal(principal)) = &mut self.settings.source else {
            panic!("the source is a service principal")
        };
        principal
    }
}

pub(crate) fn fetcher(settings: &Settings) -> Fetcher {
    Fetcher::new(net::client_with(&settings.network, LIMITS).unwrap(), None)
}

/// Code, reason and remedy of a refusal.
pub(crate) fn denied(failure: TokenFailure) -> (String, String, String) {
    let TokenFailure::Denied {
        code,
        reason,
        remedy,
    } = failure
    else {
        panic!("no refusal: {failure:?}")
    };
    (code, reason, remedy)
}

pub(crate) fn is_from(token: &EmbedToken, standin: &Standin) -> bool {
    let tokens = standin.counters().tokens;
    tokens
        .last()
        .is_some_and(|last| last == token.secret.expose_secret())
}
