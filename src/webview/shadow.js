// Tells the guard that a shadow root appeared. Runs in the page's own world, in every frame, because
// only there can it be seen; it can forge nothing but a closer look.
(() => {
  "use strict";

  // An element that is in no document yet tells the document itself.
  function tell(element) {
    const place = element.isConnected ? element : document;
    place.dispatchEvent(new CustomEvent("everlit-shadow", { bubbles: true, composed: true }));
  }

  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(init) {
    const root = attach.call(this, init);
    tell(this);
    return root;
  };

  // Text that is set so may declare shadow roots.
  for (const { prototype } of [Element, ShadowRoot]) {
    const set = prototype.setHTMLUnsafe;
    if (!set) continue;
    prototype.setHTMLUnsafe = function setHTMLUnsafe(...given) {
      document.dispatchEvent(new CustomEvent("everlit-shadow"));
      return set.apply(this, given);
    };
  }
})();
