// What can come over a page that was fine. The stand-in sends a mood once, so the next page is healthy.
const MOODS = {
  busy() {
    for (;;);
  },
  white: () => cover('#ffffff'),
  black: () => cover('#000000'),
  hog: () => hoard([]),
};

// Says so first: a busy page cannot any more.
async function fallInto(mood) {
  const headers = { 'content-type': 'application/json' };
  await fetch('/standin/mood', { method: 'POST', headers, body: JSON.stringify({ mood }) });
  MOODS[mood]();
}

function cover(colour) {
  const sheet = document.createElement('div');
  sheet.style.cssText = `position:fixed;inset:0;z-index:9;background:${colour}`;
  document.body.append(sheet);
}

// 320 MB a second; memory counts only where something was written.
function hoard(kept) {
  kept.push(new Uint8Array(16 * 1024 * 1024).fill(1));
  setTimeout(hoard, 50, kept);
}
