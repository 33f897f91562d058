// Drives Microsoft's SDK for the daemon, which calls these functions with their arguments; no token
// is ever part of this page or of an address.
(() => {
  "use strict";

  // Older than the SDK's own listener. The SDK believes every message; only our one frame may speak.
  window.addEventListener("message", (event) => {
    const frame = document.querySelector("iframe");
    if (!frame || event.source !== frame.contentWindow) event.stopImmediatePropagation();
  }, true);

  // The SDK drops a load that follows another one within 100 ms, and says nothing.
  const LOAD_GAP_MS = 120;

  let config;
  let report;

  const element = () => document.getElementById("report");

  function words(reason) {
    if (reason === undefined || reason === null) return "rejected without a reason";
    if (typeof reason === "string") return reason.slice(0, 600);
    if (Array.isArray(reason)) return reason.map(words).join("; ").slice(0, 600);
    const said = [reason.message, reason.detailedMessage].filter(Boolean).join(": ");
    return String(said || JSON.stringify(reason)).slice(0, 600);
  }

  async function answer(work) {
    try {
      await work();
      return "";
    } catch (reason) {
      return words(reason) || "rejected without a reason";
    }
  }

  async function untilLoadIsTaken() {
    const last = report.lastLoadRequest?.getTime() ?? 0;
    const wait = last + LOAD_GAP_MS - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(wait, LOAD_GAP_MS)));
  }

  // embed() does not hand out the promise of the load that it starts, so it is caught on its way.
  function embedAgain() {
    return new Promise((resolve, reject) => {
      report.load = function load(...args) {
        delete report.load;
        const loading = report.load(...args);
        loading.then(resolve, reject);
        return loading;
      };
      try {
        report = window.powerbi.embed(element(), { ...config });
      } catch (reason) {
        delete report.load;
        reject(reason);
      }
    });
  }

  // Every function answers "" for done, or the words of the rejection.
  window.everlit = Object.freeze({
    embed: (plan, token) => answer(() => {
      config = { ...JSON.parse(plan), accessToken: token };
      report = window.powerbi.embed(element(), { ...config });
    }),
    setToken: (token) => answer(async () => {
      await report.setAccessToken(token);
      config.accessToken = token;
    }),
    reload: () => answer(async () => {
      await untilLoadIsTaken();
      await report.reload();
    }),
    embedAgain: (token) => answer(async () => {
      await untilLoadIsTaken();
      config.accessToken = token;
      await embedAgain();
    }),
  });
})();
