// The report page: speaks the SDK's protocol with the window around it, and keeps its visuals fed.
const { WindowPostMessageProxy } = window['window-post-message-proxy'];
const { HttpPostMessage } = window['http-post-message'];
const { Router } = window['powerbi-router'];
const models = window['powerbi-models'];

const EXPIRED = 'Access token has expired, resubmit with a new access token';

const query = new URLSearchParams(location.search);
const uid = query.get('uid');
const cluster = JSON.parse(atob(query.get('config'))).clusterUrl;
const byId = (id) => document.getElementById(id);

// What the page knows. `generation` grows with every load; what an older one started is dropped.
const report = { token: '', settings: {}, page: PAGES[0], visuals: [], generation: 0, expiries: 0 };
let faults = { pollMs: 1000 };

const proxy = new WindowPostMessageProxy({
  processTrackingProperties: {
    addTrackingProperties: HttpPostMessage.addTrackingProperties,
    getTrackingProperties: HttpPostMessage.getTrackingProperties,
  },
  isErrorMessage: HttpPostMessage.isErrorMessage,
  suppressWarnings: true,
});
const hpm = new HttpPostMessage(proxy, {}, window.parent);
const router = new Router(proxy);

const say = (url, body = {}) => hpm.post(url, body).catch(() => {});
const sayEvent = (name, body) => say(`/reports/${uid}/events/${name}`, body);

// Tells the stand-in what was asked, and learns what to do wrong.
async function ask(operation, token = report.token) {
  const answer = await fetch('/standin/operation', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ operation, token }),
  });
  const told = await answer.json();
  take(told.standin);
  return told.token;
}

function take(told) {
  const isWatched = faults.frameWatch === 'on';
  faults = told;
  if (!isWatched && faults.frameWatch === 'on') watchFrames();
}

// The gaps that a viewer would see if something moved all the time.
function watchFrames() {
  const seen = { count: 0, longest_gap_ms: 0 };
  let last;
  function note(now) {
    if (faults.frameWatch !== 'on') {
      fetch('/standin/frames', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(seen) });
      return;
    }
    if (last !== undefined) {
      seen.count += 1;
      seen.longest_gap_ms = Math.max(seen.longest_gap_ms, now - last);
    }
    last = now;
    requestAnimationFrame(note);
  }
  requestAnimationFrame(note);
}

// ---- what the SDK asks ----

router.post('/frontload/config', (request, response) => response.send(200, null));

router.post('/report/load', (request, response) => {
  const problems = models.validateReportLoad(request.body);
  if (problems) {
    response.send(400, problems);
    return;
  }
  load(request.body);
  response.send(202, {});
});

router.post('/report/token', async (request, response) => {
  await ask('token', request.body);
  if (faults.tokenMessage === 'unanswered') {
    await new Promise(() => {});
  }
  if (faults.tokenMessage === 'rejected') {
    response.send(400, { message: 'NotSupported', detailedMessage: 'The token was not accepted' });
    return;
  }
  report.token = request.body;
  response.send(200, {});
});

router.post('/report/refresh', async (request, response) => {
  await ask('refresh');
  report.visuals.filter((visual) => visual.state !== 'expired').forEach(refresh);
  response.send(202, {});
});

router.get('/report/pages', (request, response) => response.send(200, PAGES.map(pageInfo)));

router.put('/report/pages/active', async (request, response) => {
  const page = PAGES.find(({ name }) => name === request.body.name);
  if (!page) {
    response.send(404, { message: 'pageNotFound', detailedMessage: `No page ${request.body.name}` });
    return;
  }
  await ask('page_change');
  openPage(page, 'sdk');
  response.send(202, {});
});

router.get('/report/pages/:page/visuals', (request, response) => {
  const page = PAGES.find(({ name }) => name === request.params.page);
  const info = ({ name, title, type }) => ({ name, title, type, layout: {} });
  response.send(page ? 200 : 404, page ? page.visuals.map(info) : { message: 'pageNotFound' });
});

router.get('/report/bookmarks', (request, response) => {
  response.send(200, BOOKMARKS.map(({ name, displayName }) => ({ name, displayName })));
});

router.post('/report/bookmarks/applyByName', async (request, response) => {
  const bookmark = BOOKMARKS.find(({ name }) => name === request.body.name);
  if (!bookmark) {
    response.send(404, { message: 'bookmarkNotFound', detailedMessage: `No bookmark ${request.body.name}` });
    return;
  }
  await ask('page_change');
  openPage(PAGES.find(({ name }) => name === bookmark.page), 'sdk');
  sayEvent('bookmarkApplied', { bookmarkName: bookmark.name });
  response.send(202, {});
});

router.post('/report/bookmarks/play', (request, response) => response.send(202, {}));

router.patch('/report/settings', (request, response) => {
  Object.assign(report.settings, request.body);
  showTabs();
  response.send(202, {});
});

router.get('/report/hasUnsavedChanges', (request, response) => response.send(200, false));
router.get('/getCorrelationId', (request, response) => response.send(200, crypto.randomUUID()));

proxy.addHandler({
  test: (message) => Boolean(message.method && message.url),
  handle: (message) => Promise.resolve({ statusCode: 404, headers: {}, body: { message: `No route ${message.url}` } }),
});

// ---- the report ----

async function load(config) {
  report.generation += 1;
  report.visuals.forEach(({ timer }) => clearTimeout(timer));
  Object.assign(report, { token: config.accessToken, settings: config.settings ?? {}, visuals: [], expiries: 0 });
  const generation = report.generation;
  const standing = await ask('load');
  if (generation !== report.generation) return;
  byId('dialog').hidden = true;
  if (standing === 'expired') {
    refuse('TokenExpired', EXPIRED, faults.sdkSign === 'on', faults.textSign !== 'off');
    return;
  }
  if (standing === 'unknown') {
    refuse('LoadReportFailed', "Couldn't resolve cluster", true, true);
    return;
  }
  if (faults.reportError) {
    refuse(faults.reportError.message, faults.reportError.detailed_message, true, true);
    return;
  }
  sayEvent('loaded', { initiator: 'sdk' });
  if (faults.rendering === 'never') return;
  byId('title').textContent = REPORT_NAMES[config.id] ?? REPORT_NAMES[query.get('reportId')];
  const wanted = BOOKMARKS.find(({ name }) => name === config.bookmark?.name)?.page ?? config.pageName;
  openPage(PAGES.find(({ name }) => name === wanted) ?? PAGES[0], 'sdk');
}

// The report cannot be shown at all: an error event, and Microsoft's dialog unless it is hidden.
function refuse(message, detailedMessage, withEvent, withDialog) {
  if (withEvent) {
    const technicalDetails = { requestId: crypto.randomUUID() };
    sayEvent('error', { message, detailedMessage, errorCode: '403', level: 6, technicalDetails });
  }
  if (withDialog && !report.settings.hideErrors) {
    byId('dialog').textContent = `This content isn't available: ${detailedMessage}`;
    byId('dialog').hidden = false;
  }
}

async function openPage(page, initiator) {
  const changed = page !== report.page;
  const generation = report.generation;
  report.visuals.forEach(({ timer }) => clearTimeout(timer));
  report.page = page;
  showTabs();
  byId('page-title').textContent = page.displayName;
  byId('canvas').replaceChildren();
  const visuals = page.visuals.map(addVisual);
  report.visuals = visuals;
  sayEvent('renderingStarted', { initiator });
  if (changed) sayEvent('pageChanged', { newPage: pageInfo(page) });
  await Promise.all(visuals.map(refresh));
  if (generation !== report.generation || report.visuals !== visuals) return;
  ask('rendered');
  sayEvent('rendered', { initiator });
}

function pageInfo(page) {
  const isActive = page === report.page;
  return { name: page.name, displayName: page.displayName, isActive, visibility: 0, defaultSize: { type: 0, width: 1280, height: 720 } };
}

function showTabs() {
  const { panes, navContentPaneEnabled } = report.settings;
  const hidden = panes?.pageNavigation?.visible === false || navContentPaneEnabled === false;
  byId('tabs').hidden = hidden;
  byId('tabs').style.display = hidden ? 'none' : '';
  byId('tabs').replaceChildren(
    ...PAGES.map((page) => {
      const tab = document.createElement('button');
      tab.textContent = page.displayName;
      tab.className = page === report.page ? 'active' : '';
      tab.onclick = () => openPage(page, 'user');
      return tab;
    }),
  );
}

// ---- a visual ----

function addVisual(plan) {
  const element = document.createElement('section');
  element.className = `visual ${plan.type}-visual`;
  const [column, row, width, height] = plan.at;
  element.style.gridArea = `${row} / ${column} / span ${height} / span ${width}`;
  if (plan.accent) element.style.setProperty('--accent', plan.accent);
  element.innerHTML = `<h2>${plan.title}</h2><div class="picture"></div>`;
  element.onclick = () =>
    sayEvent('visualClicked', { page: pageInfo(report.page), visual: { name: plan.name, title: plan.title, type: plan.type }, dataPoints: [] });
  byId('canvas').append(element);
  return { plan, element, picture: element.querySelector('.picture'), state: 'new', timer: 0 };
}

// Asks for data, draws it, and comes again a second later, like automatic page refresh. A visual
// whose token expired does not come again: only another load heals it.
async function refresh(visual) {
  clearTimeout(visual.timer);
  try {
    const answer = await queryData(visual.plan);
    const body = await answer.json();
    if (!report.visuals.includes(visual)) return;
    if (body.standin) take(body.standin);
    if (body.error?.code === 'TokenExpired') {
      expire(visual);
      return;
    }
    if (body.values) {
      draw(visual, body);
      byId('clock').textContent = new Date().toLocaleTimeString('en-GB');
    }
    if (body.mood) fallInto(body.mood);
  } catch {
    // The data endpoint is in trouble: the last picture stays.
  }
  if (report.visuals.includes(visual)) {
    visual.timer = setTimeout(refresh, faults.pollMs, visual);
  }
}

function queryData(plan) {
  return fetch(`${cluster}/explore/querydata?synchronous=true`, {
    method: 'POST',
    headers: { authorization: `EmbedToken ${report.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ visual: plan.name, count: CHARTS[plan.type].count(plan) }),
  });
}

function draw(visual, { values, seconds }) {
  const { plan, picture } = visual;
  if (faults.throwingVisual === 'on' && plan === report.page.visuals[1]) {
    visual.state = 'broken';
    picture.textContent = 'This visual has a problem';
    setTimeout(() => {
      throw new Error(`visual ${plan.name} failed`);
    });
    return;
  }
  CHARTS[plan.type].draw(picture, plan, values, seconds, ERROR_ROWS[faults.errorWords]);
  if (faults.errorWords === 'identical' && plan.name === 'openTickets') {
    picture.innerHTML = '<div class="note">Could not load data for this visual</div><div class="note">ClientError_TokenExpired</div>';
  }
  if (visual.state === 'new' && report.settings.visualRenderedEvents) {
    sayEvent('visualRendered', { name: plan.name, title: plan.title, type: plan.type });
  }
  visual.state = 'drawn';
}

function expire(visual) {
  visual.state = 'expired';
  showExpiry(visual.picture);
  if (faults.sdkSign !== 'on') return;
  report.expiries += 1;
  // The service sends one form for the report and another for each visual.
  const event =
    report.expiries === 1
      ? { message: 'TokenExpired', detailedMessage: EXPIRED, errorCode: '403', level: 6, technicalDetails: { requestId: crypto.randomUUID() } }
      : { message: 'TokenExpired', detailedMessage: `${EXPIRED}. Couldn't render a report visual titled: ${visual.plan.title}`, errorCode: 'N/A', level: 6 };
  sayEvent('error', event);
}

function showExpiry(picture) {
  const box = document.createElement('div');
  box.className = 'visual-error';
  box.innerHTML = '<div>Could not load data for this visual</div><div class="code">ClientError_TokenExpired</div>';
  if (faults.textSign === 'document') picture.append(box);
  if (faults.textSign === 'shadow_root') {
    const host = document.createElement('div');
    host.style.cssText = 'position:absolute;inset:0 -0.3em;background:#ff00ff;display:grid;place-items:center;text-align:center';
    host.attachShadow({ mode: 'open' }).append(box);
    picture.append(host);
  }
}

showTabs();
say(`/ready/${uid}`);
