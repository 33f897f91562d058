//! `everlit provision`: takes over what a technician put on the boot partition.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Ending;
use crate::{
    logging,
    provision::{Places, Sealing, provision},
};

#[derive(Debug, Clone, Args)]
pub struct ProvisionArgs {
    /// The partition that other computers can write.
    #[arg(long, value_name = "DIR", default_value = "/boot")]
    from: PathBuf,
    /// The file system that is provisioned.
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Whom the settings belong to.
    #[arg(long, value_name = "NAME", default_value = "everlit")]
    user: String,
}

pub(super) fn run(args: ProvisionArgs) -> Ending {
    let _log = logging::start(std::env::var("EVERLIT_LOG").ok().as_deref());
    let sealing = if args.root == Path::new("/") {
        Sealing::With("systemd-creds".into())
    } else {
        Sealing::None
    };
    let places = Places {
        from: args.from,
        root: args.root,
        user: args.user,
        sealing,
    };
    match provision(&places, &|| Ok(())) {
        Ok(outcomes) if outcomes.iter().all(|outcome| outcome.done.is_some()) => Ending::Ok,
        Ok(_) => Ending::BadSettings,
        Err(error) => {
            tracing::warn!("nothing is taken over: {error:#}");
            Ending::Internal
        }
    }
}
