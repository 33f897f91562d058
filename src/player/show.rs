//! Brings content and slates onto the screen.

use std::time::{Duration, Instant};

use super::{
    Command, EmbedPlan, Look, NetworkState, PageId, PagePlan, Player, Slate, SlateKind, Timer,
    ViewOrder,
    page::Judge,
    stage::{Asked, Healing, Picture, Stage, Step, Task},
    token::Token,
};
use crate::settings::{Content, Report, Settings, Source, WebPage};

/// For slates before there are settings.
const LOAD_LIMIT: Duration = Duration::from_secs(60);
/// For the first load; a host that is there answers far sooner.
const FRAME_LIMIT: Duration = Duration::from_secs(5);

impl Player {
    /// Starts to show the current content; what is on the stage stays while a token is fetched.
    pub(super) fn present(&mut self, now: Instant) {
        self.stop_content_timers();
        self.timers.stop(Timer::TokenRefresh);
        if self.playlist.content().is_some() && self.must_wait_for_time() {
            return self.wait_for_time(now);
        }
        match self.playlist.content().cloned() {
            None => self.show_unconfigured("There is nothing to show in the settings", now),
            Some(Content::Report(report)) if !self.has_fresh_token(&report, now) => {
                self.task = Task::AwaitToken;
                self.watch_page_token();
                self.await_token(now);
            }
            Some(content @ (Content::Report(_) | Content::Page(_))) => {
                self.load(content, now);
                self.plan_refresh(now);
            }
        }
    }

    /// Orders the stage's slate or content as a new page.
    pub(super) fn order_stage(&mut self, now: Instant) {
        let picture = self.renewed_picture();
        self.next_page();
        self.stage.set_picture(picture);
        let Some(order) = self.plan_order(now) else {
            return self.lose_picture(now);
        };
        if self.liveness.is_running() {
            self.timers.set(Timer::Load, now + self.load_limit());
            self.order(order);
            if self.is_load_doubtful() {
                self.start_probes(now);
            }
        }
    }

    pub(super) fn show_slate(&mut self, slate: Slate, now: Instant) {
        if let Stage::Slate { slate: shown, .. } = &self.stage
            && *shown == slate
            && slate.next_try.is_none()
        {
            return;
        }
        self.stop_content_timers();
        self.forget_picture();
        self.stage = Stage::Slate {
            page: self.last_page,
            slate,
            picture: Picture::Ordered,
        };
        self.order_stage(now);
    }

    pub(super) fn slate(&self, kind: SlateKind, reason: String) -> Slate {
        Slate {
            kind,
            device: self.device_name(),
            reason,
            remedy: None,
            next_try: None,
            invitation: self.invitation_on(kind),
        }
    }

    pub(super) fn show_unconfigured(&mut self, reason: &str, now: Instant) {
        self.task = Task::Nothing;
        self.timers.stop(Timer::TokenRefresh);
        let slate = self.slate(SlateKind::Unconfigured, reason.to_owned());
        self.show_slate(slate, now);
    }

    /// The page could not be kept and cannot be loaded either, as there is no living token.
    pub(super) fn lose_picture(&mut self, now: Instant) {
        self.task = Task::AwaitToken;
        if self.may_stay_covered(now) {
            self.keep_only_cover();
        } else if self.patience(now).is_some() {
            self.show_why_no_token(now);
        } else {
            let reason = "Waiting for permission to show the report".to_owned();
            let slate = self.slate(SlateKind::WaitingForNetwork, reason);
            self.show_slate(slate, now);
        }
        self.await_token(now);
    }

    /// The last good picture is all there is.
    fn keep_only_cover(&mut self) {
        self.cover();
        if self.liveness.is_running() {
            let page = self.next_page();
            self.order(ViewOrder::ShowNothing { page });
        }
    }

    /// Whatever was under way on the page of the stage is over.
    fn next_page(&mut self) -> PageId {
        self.last_page = self.last_page.next();
        self.timers.stop(Timer::Answer);
        self.timers.stop(Timer::Load);
        self.stage.set_page(self.last_page);
        self.stage.set_picture(Picture::Ordered);
        self.last_page
    }

    pub(super) fn reload_by_plan(&mut self, now: Instant) {
        match (self.network, &self.task) {
            // A page that cannot be loaded now would only lose its picture.
            (NetworkState::Online, Task::Show) => {
                if let Some(judge) = self.playlist.judge() {
                    judge.loaded_afresh(now);
                }
                self.present(now);
            }
            (NetworkState::Online | NetworkState::Offline, _) => {
                self.start_page_reload(now);
            }
        }
    }

    pub(super) fn reload_for_operator(&mut self, now: Instant) {
        if let Some(judge) = self.playlist.judge() {
            *judge = Judge::default();
        }
        self.playlist.skip_none();
        if self.playlist.content().is_some() {
            self.present(now);
        }
        if self.task == Task::AwaitToken {
            self.want_token_for_operator(now);
        }
    }

    pub(super) fn start_page_reload(&mut self, now: Instant) {
        match self.playlist.content() {
            Some(Content::Page(WebPage {
                reload_every: Some(every),
                ..
            })) => self.timers.set(Timer::PageReload, now + *every),
            Some(Content::Page(_) | Content::Report(_)) | None => {
                self.timers.stop(Timer::PageReload);
            }
        }
    }

    pub(super) fn order(&mut self, order: ViewOrder) {
        self.commands.push_back(Command::View(order));
    }

    pub(super) fn load(&mut self, content: Content, now: Instant) {
        let picture = self.renewed_picture();
        if !self.has_current_content() {
            self.forget_picture();
            self.glass.forget_nature();
        } else if let Content::Report(_) = content {
            // Its frame is empty until the report is drawn.
            self.cover();
        }
        self.stage = Stage::content(content);
        self.task = Task::Load;
        self.order_stage(now);
        self.stage.set_picture(picture);
    }

    /// Loads the content that is on the stage once more, as a part of the recovery.
    pub(super) fn load_again(&mut self, healing: Healing, now: Instant) {
        if let Some(judge) = self.playlist.judge() {
            judge.replaced(now);
        }
        self.task = Task::Heal(Healing {
            step: Step::Render(Asked::Load),
            ..healing
        });
        self.order_stage(now);
    }

    /// `None` if there is no living token for the report.
    fn plan_order(&mut self, now: Instant) -> Option<ViewOrder> {
        let settings = self.settings().cloned();
        let frame_limit = self.frame_limit();
        match &mut self.stage {
            Stage::Slate { page, slate, .. } => Some(ViewOrder::ShowSlate {
                page: *page,
                slate: Box::new(slate.clone()),
            }),
            Stage::Content(screen) => match &screen.content {
                Content::Page(page) => Some(ViewOrder::ShowPage {
                    page: screen.page,
                    plan: Box::new(page_plan(page, settings.as_deref()?)),
                }),
                Content::Report(report) => {
                    let token = self.tokens.alive(report, now)?;
                    screen.token = Some(token.stamp);
                    screen.title = token.title.clone();
                    self.probes.report_is_at(token.embed_url.clone());
                    Some(ViewOrder::ShowReport {
                        page: screen.page,
                        plan: Box::new(embed_plan(
                            report,
                            token,
                            frame_limit,
                            settings.as_deref()?,
                        )),
                    })
                }
            },
        }
    }

    fn renewed_picture(&self) -> Picture {
        if self.has_picture() {
            Picture::Renewed
        } else {
            Picture::Ordered
        }
    }

    pub(super) fn has_fresh_token(&self, report: &Report, now: Instant) -> bool {
        let (Some(token), Some(settings)) = (self.tokens.kept(report), self.settings()) else {
            return false;
        };
        token.is_alive(now) && now < token.due(&settings.token)
    }

    /// A lost answer is noticed soon, and a slow server gets its time.
    fn frame_limit(&self) -> Duration {
        let doublings = self.unanswered_loads.min(10);
        let limit = FRAME_LIMIT.saturating_mul(1 << doublings);
        limit.min(self.load_limit())
    }

    pub(super) fn load_limit(&self) -> Duration {
        self.settings()
            .map_or(LOAD_LIMIT, |settings| settings.recovery.load_limit)
    }

    fn stop_content_timers(&mut self) {
        for timer in [
            Timer::TokenExpiry,
            Timer::OfflineLimit,
            Timer::Answer,
            Timer::Load,
            Timer::Retry,
            Timer::PageReload,
            Timer::Probe,
            Timer::Cover,
        ] {
            self.timers.stop(timer);
        }
    }
}

fn page_plan(page: &WebPage, settings: &Settings) -> PagePlan {
    PagePlan {
        url: page.url.clone(),
        allow: page.allow.clone(),
        look: look(settings),
    }
}

fn embed_plan(
    report: &Report,
    token: &Token,
    frame_limit: Duration,
    settings: &Settings,
) -> EmbedPlan {
    EmbedPlan {
        report: report.clone(),
        token: token.secret.clone(),
        embed_url: token.embed_url.clone(),
        embed_hosts: embed_hosts(settings).to_vec(),
        frame_limit,
        look: look(settings),
    }
}

pub(super) fn look(settings: &Settings) -> Look {
    Look {
        zoom: settings.display.zoom,
        cursor: settings.display.cursor,
    }
}

pub(super) fn embed_hosts(settings: &Settings) -> &[String] {
    match &settings.source {
        Some(Source::ServicePrincipal(principal)) => &principal.endpoints.embed_hosts,
        Some(Source::TokenService(service)) => &service.embed_hosts,
        None => &[],
    }
}
