//! Takes a picture of what the viewer sees, without the pairing code.

use std::rc::Rc;

use anyhow::{Context as _, Result};
use gtk::cairo::{self, ImageSurface};
use tokio::sync::oneshot;

use super::{
    script::{World, call},
    snapshot::{self, Picture},
    stage::Stage,
};

/// Where a slate's code is, in parts of the view; empty if there is none.
const FIND_CODE: &str = "const code = document.getElementById('pairing-code');
    if (!code) return '';
    const { left, top, width, height } = code.getBoundingClientRect();
    return [left / innerWidth, top / innerHeight, width / innerWidth, height / innerHeight].join(' ');";

/// A rectangle in parts of the picture: left, top, width, height.
type Part = [f64; 4];

impl Stage {
    /// Whoever may see a screenshot may not, for that, set the admin password.
    pub(super) fn photograph(self: &Rc<Self>, answer: oneshot::Sender<Result<Picture>>) {
        // Nobody may wait for it any more: the request was given up.
        if let Some(picture) = self.pane.photograph() {
            let _ = answer.send(picture);
            return;
        }
        let stage = Rc::clone(self);
        self.find_code(move |before| {
            let looker = Rc::clone(&stage);
            snapshot::take(&stage.view.web, None, move |page| {
                let stage = Rc::clone(&looker);
                // The slate may have come or gone meanwhile.
                looker.find_code(move |after| {
                    let picture = [before, after]
                        .into_iter()
                        .collect::<Result<Vec<_>>>()
                        .and_then(|codes| without_codes(&page?, codes.into_iter().flatten()))
                        .and_then(|page| stage.pane.paint_on(page));
                    let _ = answer.send(picture);
                });
            });
        });
    }

    fn find_code(&self, found: impl FnOnce(Result<Option<Part>>) + 'static) {
        call(&self.view.web, World::Guard, FIND_CODE, &[], |answer| {
            found(
                answer
                    .context("the page does not say what is on it")
                    .and_then(|words| part(&words)),
            );
        });
    }
}

fn part(words: &str) -> Result<Option<Part>> {
    if words.is_empty() {
        return Ok(None);
    }
    let numbers: Vec<f64> = words.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let part = numbers.try_into().ok().context("four numbers expected")?;
    Ok(Some(part))
}

/// A copy of the picture with nothing where the codes were.
fn without_codes(page: &ImageSurface, codes: impl Iterator<Item = Part>) -> Result<ImageSurface> {
    let picture = snapshot::copy(page)?;
    let cr = cairo::Context::new(&picture)?;
    cr.scale(f64::from(picture.width()), f64::from(picture.height()));
    // A colour of the slate's own.
    cr.set_source_rgb(0.133, 0.188, 0.286);
    for [left, top, width, height] in codes {
        cr.rectangle(left, top, width, height);
    }
    cr.fill()?;
    drop(cr);
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_gone_from_the_picture_and_the_rest_stays() {
        let page = snapshot::blank(100, 100).unwrap();
        let cr = cairo::Context::new(&page).unwrap();
        cr.set_source_rgb(1.0, 1.0, 1.0);
        cr.paint().unwrap();
        drop(cr);
        let code = part("0.25 0.5 0.5 0.25").unwrap();
        let mut picture = without_codes(&page, code.into_iter()).unwrap();
        let stride = usize::try_from(picture.stride()).unwrap();
        let pixels = picture.data().unwrap();
        let at = |x: usize, y: usize| pixels[y * stride + x * 4];
        assert_ne!((at(26, 51), at(74, 74)), (255, 255));
        assert!(at(26, 51) < 200 && at(74, 74) < 200);
        assert_eq!((at(20, 60), at(50, 45), at(80, 60)), (255, 255, 255));
    }

    #[test]
    fn what_is_no_rectangle_is_no_picture() {
        assert!(part("0.1 0.2").is_err());
        assert!(part("a b c d").is_err());
        assert_eq!(part("").unwrap(), None);
    }
}
