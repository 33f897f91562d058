//! Everything that the network reaches: the pages and the API behind the gate.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Uri,
    middleware::{from_fn, from_fn_with_state},
};

use super::{
    Control,
    access::Access,
    api::{self, Api, in_time},
    custody::Custody,
    gate::{self, Gate},
    pages::{self, Site},
};
use crate::store::SIZE_LIMIT;

/// The pages and the API, for whoever comes over the network. `names` are the device's own; see
/// [`super::door::own_names`].
pub fn network_router(
    control: Control,
    access: Access,
    custody: Custody,
    names: Vec<String>,
) -> Router {
    let gate = Gate {
        access: access.clone(),
        settings: control.running.clone(),
        custody: custody.clone(),
        names: names.into(),
    };
    let api = Arc::new(Api::new(control));
    let site = Site {
        api: Arc::clone(&api),
        access,
        custody,
    };
    let site = Arc::new(site);
    let lost = Arc::clone(&site);
    pages::routes(site)
        .layer(DefaultBodyLimit::max(SIZE_LIMIT))
        .layer(from_fn(in_time))
        .merge(api::routes(api))
        .fallback(async move |uri: Uri| pages::lost(&lost, &uri))
        .layer(from_fn_with_state(Arc::new(gate), gate::guard))
}
