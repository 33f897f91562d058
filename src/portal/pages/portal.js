// Keeps the pages live. Everything can be read and done without it.
"use strict";

// As the pages say it: "42 s", "2 min 05 s", "3 h 10 min".
function spoken(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

// Counts go on between two messages of the device.
let told = performance.now();
function count() {
  const passed = Math.floor((performance.now() - told) / 1000);
  for (const place of document.querySelectorAll("[data-count]")) {
    const told_s = Number(place.dataset.seconds);
    const now_s = place.dataset.count === "up" ? told_s + passed : Math.max(0, told_s - passed);
    place.textContent = spoken(now_s);
  }
}
setInterval(count, 1000);

const live = document.querySelector("[data-live]");
if (live) {
  let phase = live.querySelector("[data-phase]")?.textContent;
  const source = new EventSource(live.dataset.live);
  source.onmessage = (message) => {
    live.innerHTML = message.data;
    live.classList.remove("stale");
    told = performance.now();
    const now = live.querySelector("[data-phase]")?.textContent;
    if (now !== phase) document.querySelector("[data-say]").textContent = now;
    phase = now;
  };
  source.onerror = () => live.classList.add("stale");
}

// The next picture is asked for when the last one is there and somebody looks.
const picture = document.querySelector("[data-picture]");
if (picture) {
  const again = () => {
    if (document.hidden) {
      document.addEventListener("visibilitychange", again, { once: true });
      return;
    }
    const next = new Image();
    next.onload = () => {
      picture.src = next.src;
      setTimeout(again, 3000);
    };
    next.onerror = () => setTimeout(again, 10000);
    next.src = `${picture.dataset.picture}&at=${Date.now()}`;
  };
  setTimeout(again, 3000);
}

const log = document.querySelector("[data-log]");
if (log) {
  const follow = document.querySelector("[data-follow]");
  let source = null;
  const listen = () => {
    source?.close();
    source = null;
    if (!follow.checked) return;
    source = new EventSource(log.dataset.log);
    source.onmessage = (message) => {
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      log.insertAdjacentHTML("beforeend", message.data);
      while (log.childElementCount > 1000) log.firstElementChild.remove();
      if (atEnd) log.scrollTop = log.scrollHeight;
    };
  };
  follow.closest("label").hidden = false;
  follow.addEventListener("change", listen);
  log.scrollTop = log.scrollHeight;
  listen();
}

for (const button of document.querySelectorAll("[data-confirm]")) {
  button.addEventListener("click", (event) => {
    if (!confirm(button.dataset.confirm)) event.preventDefault();
  });
}
