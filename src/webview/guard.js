// Watches one frame for the player. Runs in an isolated world of every frame: the page can neither
// see nor forge it. `plan` = {page, kind: "slate" | "report" | "page", hosts: [pattern, …]}.
(plan) => {
  "use strict";

  const frame = crypto.getRandomValues(new Uint32Array(1))[0];
  const isTop = window === window.top;

  function tell(sighting) {
    const text = JSON.stringify({ page: plan.page, frame, sighting });
    if (text.length <= 4096) window.webkit.messageHandlers.guard.postMessage(text);
  }

  // ---- The expiry text -------------------------------------------------------------------------

  const CODE = "ClientError_TokenExpired";
  const WHOLE_CODE = /(^|\W)ClientError_TokenExpired(?!\w)/;
  const LONGEST = 400;
  const LEVELS = 4;
  const CANDIDATES = 200;
  const UNREAD = new Set(["SCRIPT", "STYLE", "TEMPLATE", "NOSCRIPT", "TEXTAREA", "TITLE"]);
  // Where a report shows its own data, or names of things: never the place of an error message.
  const DATA =
    "svg, li, option, nav, h1, h2, h3, h4, h5, h6, [role=heading], [role=tooltip], [role=tab], " +
    "[role=navigation], [role=grid], [role=treegrid], [role=table], [role=row], [role=gridcell], " +
    "[role=cell], [role=log], [role=listitem], [role=option], [contenteditable=true]";
  const UNSPACED =
    /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]{6,}/u;

  const candidates = new Set();
  const watchedRoots = new WeakSet();
  // From then on nodes may come with shadow roots, whose text is not part of theirs.
  let hasShadows = false;
  let seen = false;

  function isReadable(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return NodeFilter.FILTER_ACCEPT;
    return UNREAD.has(node.tagName) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
  }

  function readableNodes(root) {
    return document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, isReadable);
  }

  // All readable text below a node, or null when it is longer than an error message.
  function shortText(root) {
    const walker = readableNodes(root);
    let text = "";
    while (walker.nextNode()) {
      if (walker.currentNode.nodeType !== Node.TEXT_NODE) continue;
      text += " " + walker.currentNode.nodeValue.trim();
      if (text.length > LONGEST) return null;
    }
    return text;
  }

  // The sentence beside the code is localised, so only its shape counts.
  function holdsSentence(text) {
    const rest = text.replaceAll(CODE, " ");
    const words = rest.match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
    return (words.length >= 4 && words.join("").length >= 24) || UNSPACED.test(rest);
  }

  function isInsideData(element) {
    if (element.closest(DATA)) return true;
    const table = element.closest("table");
    return table !== null && table.rows.length > 2;
  }

  function isErrorMessage(node) {
    if (!WHOLE_CODE.test(node.nodeValue)) return false;
    let around = node.parentNode;
    if (around instanceof Element && isInsideData(around)) return false;
    for (let level = 0; around && around !== document.body && level < LEVELS; level += 1) {
      const text = shortText(around);
      if (text === null) return false;
      if (holdsSentence(text)) return true;
      around = around.parentNode;
    }
    return around === document.body && bodyIsErrorMessage();
  }

  // A frame that holds nothing but the message.
  function bodyIsErrorMessage() {
    const text = shortText(document.body);
    return text !== null && holdsSentence(text);
  }

  function isUnread(node) {
    for (let up = node.parentNode; up; up = up.parentNode) if (UNREAD.has(up.tagName)) return true;
    return false;
  }

  function noteText(node) {
    if (candidates.size < CANDIDATES && node.nodeValue.includes(CODE)) candidates.add(node);
  }

  function noteElement(element) {
    if (element.shadowRoot) watch(element.shadowRoot);
  }

  function noteAll(root) {
    if (root.nodeType === Node.TEXT_NODE) {
      if (!isUnread(root)) noteText(root);
      return;
    }
    if (root.nodeType === Node.ELEMENT_NODE) {
      if (UNREAD.has(root.tagName) || isUnread(root)) return;
      noteElement(root);
    }
    const walker = readableNodes(root);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.nodeType === Node.TEXT_NODE) noteText(node);
      else noteElement(node);
    }
  }

  function judge() {
    let found = false;
    for (const node of candidates) {
      if (!node.isConnected || !node.nodeValue.includes(CODE)) candidates.delete(node);
      else if (!found) found = isErrorMessage(node);
    }
    if (found === seen) return;
    seen = found;
    tell(found ? "text" : "text_gone");
  }

  // Whoever takes a node of a report into a script's hand keeps it in memory, with all that hangs on
  // it, long after the report has thrown it away. So the text of the place is read first.
  function mayMatter(place) {
    return hasShadows || (place.textContent ?? CODE).includes(CODE);
  }

  function noteChanges(records) {
    const dull = new Set();
    for (const record of records) {
      const place = record.target;
      if (dull.has(place)) continue;
      if (!mayMatter(place)) dull.add(place);
      else if (record.type === "characterData") noteAll(place);
      else for (const node of record.addedNodes) noteAll(node);
    }
  }

  const observer = new MutationObserver((records) => {
    noteChanges(records);
    if (candidates.size > 0 || seen) judge();
  });

  function watch(root) {
    if (watchedRoots.has(root)) return;
    watchedRoots.add(root);
    hasShadows ||= root !== document;
    observer.observe(root, { childList: true, characterData: true, subtree: true });
    noteAll(root);
  }

  function rescan() {
    noteAll(document);
    if (candidates.size > 0) judge();
  }

  function watchText() {
    watch(document);
    // Told by the page-world script: a shadow root that appears changes no node.
    document.addEventListener("everlit-shadow", (event) => {
      hasShadows = true;
      const host = event.composedPath()[0];
      if (host instanceof Element) noteElement(host);
    }, true);
    // Declarative shadow roots come from the parser and tell nobody.
    document.addEventListener("DOMContentLoaded", rescan, { once: true });
    window.addEventListener("load", rescan, { once: true });
    window.addEventListener("pagehide", () => {
      if (seen) tell("text_gone");
      seen = false;
    });
    window.addEventListener("pageshow", () => {
      if (candidates.size > 0) judge();
    });
  }

  // ---- The viewer ------------------------------------------------------------------------------

  let lastTouch = -Infinity;

  function noteTouch(event) {
    if (!event.isTrusted || event.timeStamp - lastTouch < 1000) return;
    lastTouch = event.timeStamp;
    tell("touched");
  }

  function watchViewer() {
    for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
      window.addEventListener(kind, noteTouch, { capture: true, passive: true });
    }
  }

  // ---- The document ----------------------------------------------------------------------------

  function watchDocument() {
    tell("begun");
    document.addEventListener("DOMContentLoaded", () => tell("ready"), { once: true });
    // Two animation frames after the load, the first picture has been handed to the screen.
    window.addEventListener("load", () => {
      requestAnimationFrame(() => requestAnimationFrame(() => tell("painted")));
    }, { once: true });
  }

  // ---- The report's events, in the host page only ----------------------------------------------

  const EVENT = /^\/reports\/[^/]+\/(?:pages\/[^/]+\/(?:visuals\/[^/]+\/)?)?events\/(\w+)$/;
  const TOUCHES = new Set([
    "buttonClicked", "dataHyperlinkClicked", "dataSelected", "pageChanged", "selectionChanged",
    "swipeEnd", "visualClicked",
  ]);

  function isAllowedOrigin(origin) {
    let url;
    try {
      url = new URL(origin);
    } catch {
      return false;
    }
    if (url.protocol !== "https:") return false;
    return plan.hosts.some((pattern) =>
      pattern.startsWith("*.") ? url.hostname.endsWith(pattern.slice(1)) : url.hostname === pattern);
  }

  function words(value) {
    return value === undefined || value === null ? "" : String(value).slice(0, 600);
  }

  function tellReportError(body) {
    tell({
      report_error: {
        message: words(body?.message),
        detail: words(body?.detailedMessage),
        code: words(body?.errorCode),
        level: Number.isInteger(body?.level) ? body.level : null,
      },
    });
  }

  function noteReportMessage(event) {
    const report = document.querySelector("iframe");
    if (!report || event.source !== report.contentWindow || !isAllowedOrigin(event.origin)) return;
    const { method, url, body } = event.data ?? {};
    const name = method === "POST" && typeof url === "string" ? EVENT.exec(url)?.[1] : undefined;
    if (name === "rendered") tell("report_rendered");
    else if (name === "error") tellReportError(body);
    else if (TOUCHES.has(name) && body?.initiator !== "sdk") noteReportTouch(event);
  }

  function noteReportTouch(event) {
    if (event.timeStamp - lastTouch < 1000) return;
    lastTouch = event.timeStamp;
    tell("touched");
  }

  if (plan.kind !== "slate") {
    watchText();
    watchViewer();
  }
  // WebKit puts an empty document in the place of one that did not load.
  if (isTop && location.protocol !== "about:") {
    watchDocument();
    if (plan.kind === "report") window.addEventListener("message", noteReportMessage, true);
  }
}
