// Tells the guard that a shadow root appeared. Runs in the page's own world, in every frame, because
// only there can `attachShadow` be seen; it can forge nothing but a second look at an element.
(() => {
  "use strict";
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function attachShadow(init) {
    const root = attach.call(this, init);
    this.dispatchEvent(new CustomEvent("everlit-shadow", { bubbles: true, composed: true }));
    return root;
  };
})();
