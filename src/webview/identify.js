// Says the device's name over the picture for a while. The daemon calls it in the guard's world.
(name, milliseconds) => {
  "use strict";
  const id = "everlit-identify";
  document.getElementById(id)?.remove();
  const sign = document.createElement("div");
  sign.id = id;
  sign.style.cssText = `all: initial; position: fixed; inset: 0; z-index: 2147483647;
    pointer-events: none; display: flex; align-items: center; justify-content: center;`;
  const words = document.createElement("div");
  words.textContent = name;
  words.style.cssText = `all: initial; font: 700 12vmin system-ui, sans-serif; color: #fff;
    background: rgb(11 18 32 / 92%); border: 0.6vmin solid #5aa9ff; border-radius: 4vmin;
    padding: 4vmin 7vmin; max-width: 84vw; overflow-wrap: anywhere; text-align: center;`;
  sign.append(words);
  document.documentElement.append(sign);
  setTimeout(() => sign.remove(), milliseconds);
}
