//! Who may do what: the admin's password and sessions, tokens for programs, and the pairing code
//! that lets whoever stands in front of the device set the first password.

use std::{
    fmt, io,
    net::IpAddr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use secrecy::SecretString;
use tokio::{
    sync::{Mutex as Turn, watch},
    task::spawn_blocking,
};

mod lockout;
mod pairing;
mod password;
mod random;
mod sessions;
mod stored;

pub use password::Unfit;
pub use sessions::Session;
pub use stored::{Scope, TokenRecord};

use crate::clock;
use lockout::Lockout;
use pairing::{Pairing, Try};
use sessions::Sessions;
use stored::{Place, Stored};

/// Eight digits that tell one thing from another; not secret.
pub(super) fn mark() -> String {
    random::bytes::<4>()
        .map(|byte| format!("{byte:02x}"))
        .concat()
}

/// What a token begins with, so that leaked ones are found.
const TOKEN_MARK: &str = "everlit_";

/// The keeper of the doors; clones are the same one.
#[derive(Debug, Clone)]
pub struct Access(Arc<Keeper>);

#[derive(Debug)]
struct Keeper {
    place: Place,
    /// Held while a password is hashed: one at a time is all that a small board can do.
    turn: Turn<()>,
    known: Mutex<Known>,
    code: watch::Sender<Option<SecretString>>,
}

#[derive(Debug)]
struct Known {
    stored: Stored,
    sessions: Sessions,
    lockout: Lockout,
    /// `None`: the device is claimed.
    pairing: Option<Pairing>,
}

/// Why somebody does not get in.
#[derive(Debug, thiserror::Error)]
pub enum Denial {
    #[error("too many wrong tries; wait {} s", .0.as_secs() + 1)]
    Wait(Duration),
    #[error("this is not the password")]
    WrongPassword,
    #[error("this is not the code on the screen")]
    WrongCode,
    /// The wrong tries used the code up.
    #[error("this was not the code on the screen; the screen shows another one now")]
    CodeRenewed,
    #[error("this device has no password yet; set one with the code on its screen")]
    Unclaimed,
    #[error("this device has a password already; sign in with it")]
    Claimed,
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("cannot keep this: {0}")]
    NotKept(#[from] io::Error),
}

impl Access {
    /// Reads what was kept in the state directory.
    #[must_use]
    pub fn open(state_dir: &Path) -> Self {
        let place = Place::new(state_dir);
        let stored = place.load();
        let pairing = stored.password.is_none().then(Pairing::new);
        let (code, _) = watch::channel(pairing.as_ref().map(Pairing::spoken));
        Self(Arc::new(Keeper {
            place,
            turn: Turn::default(),
            known: Mutex::new(Known {
                stored,
                sessions: Sessions::default(),
                lockout: Lockout::default(),
                pairing,
            }),
            code,
        }))
    }

    /// The pairing code that the screen is to show, now and whenever it changes; `None` while the
    /// device is claimed.
    #[must_use]
    pub fn code(&self) -> watch::Receiver<Option<SecretString>> {
        self.0.code.subscribe()
    }

    /// Whether somebody has set the admin password.
    #[must_use]
    pub fn is_claimed(&self) -> bool {
        self.known().pairing.is_none()
    }

    /// Sets the first password, for whoever knows the code on the screen, and signs in; answers
    /// the word for the browser's cookie.
    ///
    /// # Errors
    ///
    /// See [`Denial`].
    pub async fn claim(
        &self,
        code: &str,
        password: SecretString,
        from: IpAddr,
    ) -> Result<SecretString, Denial> {
        let _alone = self.0.turn.lock().await;
        let tried = {
            let known = &mut *self.known();
            let pairing = known.pairing.as_mut().ok_or(Denial::Claimed)?;
            known.lockout.check(from)?;
            // Not before the lock-out was asked: a code must not be tried for free.
            let tried = pairing.try_code(code);
            if tried != Try::Right {
                known.lockout.failed(from, clock::now());
            }
            tried
        };
        match tried {
            Try::Right => {}
            Try::Wrong => return Err(Denial::WrongCode),
            Try::Renewed => {
                self.show_code();
                return Err(Denial::CodeRenewed);
            }
        }
        password::judge(&password)?;
        self.set_password(password).await?;
        self.known().lockout.succeeded(from);
        Ok(self.known().sessions.begin(clock::now()))
    }

    /// Signs in; answers the word for the browser's cookie.
    ///
    /// # Errors
    ///
    /// See [`Denial`].
    pub async fn sign_in(
        &self,
        password: SecretString,
        from: IpAddr,
    ) -> Result<SecretString, Denial> {
        self.check_password(password, from).await?;
        Ok(self.known().sessions.begin(clock::now()))
    }

    /// Replaces the password and ends every other session; answers the word for the browser's
    /// next cookie.
    ///
    /// # Errors
    ///
    /// See [`Denial`].
    pub async fn change_password(
        &self,
        old: SecretString,
        new: SecretString,
        from: IpAddr,
    ) -> Result<SecretString, Denial> {
        password::judge(&new)?;
        self.check_password(old, from).await?;
        let _alone = self.0.turn.lock().await;
        self.set_password(new).await?;
        Ok(self.known().sessions.begin(clock::now()))
    }

    /// Forgets the password and every session: whoever stands in front of the device claims it
    /// anew. Tokens stay.
    ///
    /// # Errors
    ///
    /// When that cannot be kept; nothing has changed then.
    pub async fn reset(&self) -> io::Result<()> {
        let _alone = self.0.turn.lock().await;
        self.keep(|stored| stored.password = None).await?;
        let known = &mut *self.known();
        known.sessions.end_all();
        known.pairing = Some(Pairing::new());
        self.0
            .code
            .send_replace(known.pairing.as_ref().map(Pairing::spoken));
        tracing::info!("the portal's password was reset");
        Ok(())
    }

    /// The session of a cookie's word.
    #[must_use]
    pub fn session(&self, word: &str, now: Instant) -> Option<Session> {
        self.known().sessions.find(word, now)
    }

    pub fn sign_out(&self, word: &str) {
        self.known().sessions.end(word);
    }

    /// The record of a token, if it is one of ours.
    #[must_use]
    pub fn token(&self, token: &str) -> Option<TokenRecord> {
        let fingerprint = random::fingerprint(token);
        let known = self.known();
        let mut tokens = known.stored.tokens.iter();
        tokens.find(|record| record.is_of(&fingerprint)).cloned()
    }

    /// Every token's record, the oldest first.
    #[must_use]
    pub fn tokens(&self) -> Vec<TokenRecord> {
        self.known().stored.tokens.clone()
    }

    /// Makes a token; it is told here and never again.
    ///
    /// # Errors
    ///
    /// When it cannot be kept.
    pub async fn add_token(&self, name: &str, scope: Scope) -> io::Result<SecretString> {
        let _alone = self.0.turn.lock().await;
        let token = format!("{TOKEN_MARK}{}", random::word());
        let id = mark();
        let fingerprint = random::fingerprint(&token);
        let record = TokenRecord::new(id, name.to_owned(), scope, clock::wall(), &fingerprint);
        self.keep(|stored| stored.tokens.push(record)).await?;
        tracing::info!(name, ?scope, "a token for the API was made");
        Ok(token.into())
    }

    /// Ends a token; answers whether there was one.
    ///
    /// # Errors
    ///
    /// When that cannot be kept; the token goes on then.
    pub async fn revoke_token(&self, id: &str) -> io::Result<bool> {
        let _alone = self.0.turn.lock().await;
        let before = self.known().stored.tokens.len();
        self.keep(|stored| stored.tokens.retain(|token| token.id != id))
            .await?;
        Ok(self.known().stored.tokens.len() < before)
    }

    async fn check_password(&self, password: SecretString, from: IpAddr) -> Result<(), Denial> {
        // Whoever has to wait does not even get to the queue.
        self.known().lockout.check(from)?;
        let _alone = self.0.turn.lock().await;
        let hash = {
            let known = self.known();
            known.lockout.check(from)?;
            known.stored.password.clone().ok_or(Denial::Unclaimed)?
        };
        let fits = spawn_blocking(move || password::fits(&password, &hash)).await;
        if !fits.map_err(io::Error::other)? {
            let wrong = self.known().lockout.failed(from, clock::now());
            tracing::info!(%from, wrong, "somebody gave a wrong password to the portal");
            return Err(Denial::WrongPassword);
        }
        self.known().lockout.succeeded(from);
        Ok(())
    }

    /// The turn has to be held.
    async fn set_password(&self, password: SecretString) -> Result<(), Denial> {
        let hash = spawn_blocking(move || password::hash(&password)).await;
        let hash = hash.map_err(io::Error::other)?;
        let hash = hash.ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        self.keep(|stored| stored.password = Some(hash)).await?;
        let known = &mut *self.known();
        known.sessions.end_all();
        known.pairing = None;
        self.0.code.send_replace(None);
        tracing::info!("the portal's password was set");
        Ok(())
    }

    /// Changes what is kept, on the disk first. The turn has to be held.
    async fn keep(&self, change: impl FnOnce(&mut Stored)) -> io::Result<()> {
        let mut changed = self.known().stored.clone();
        change(&mut changed);
        let (place, to_keep) = (self.0.place.clone(), changed.clone());
        let saved = spawn_blocking(move || place.save(&to_keep)).await;
        saved.map_err(io::Error::other)??;
        self.known().stored = changed;
        Ok(())
    }

    fn show_code(&self) {
        let code = self.known().pairing.as_ref().map(Pairing::spoken);
        self.0.code.send_replace(code);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing in there is ever half done.
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lockout {
    fn check(&self, from: IpAddr) -> Result<(), Denial> {
        match self.wait(from, clock::now()) {
            Some(left) => Err(Denial::Wait(left)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Configure => "configure",
        })
    }
}
