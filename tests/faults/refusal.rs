//! Definite refusals, each given back later.

use everlit_standin::Refusal;

use crate::{
    fault::{Fault, Look},
    limits::REFUSED_FOR_S,
};

/// What Entra says when a client secret has expired.
const SECRET_EXPIRED: u32 = 7_000_222;

pub(crate) fn faults() -> Vec<Fault> {
    vec![
        Fault::new("secret expired (7000222)", |bench| {
            bench.set_faults(|faults| faults.entra_refusal = Some(SECRET_EXPIRED));
            bench.everlit("refresh-token");
            Ok(())
        })
        .ended(REFUSED_FOR_S, |bench| {
            bench.set_faults(|faults| faults.entra_refusal = None);
            Ok(())
        })
        .in_a_new_frame()
        .looking(Look::Slate)
        .touching("secret"),
        by_the_api("permission withdrawn", Refusal::group_not_accessible()),
        by_the_api("report deleted", Refusal::entity_not_found()),
    ]
}

fn by_the_api(name: &str, refusal: Refusal) -> Fault {
    Fault::new(name, move |bench| {
        bench.set_faults(|faults| faults.api_refusal = Some(refusal.clone()));
        bench.everlit("refresh-token");
        Ok(())
    })
    .ended(REFUSED_FOR_S, |bench| {
        bench.set_faults(|faults| faults.api_refusal = None);
        Ok(())
    })
    .in_a_new_frame()
    .looking(Look::Slate)
    .touching("permission")
}
