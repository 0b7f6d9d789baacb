// Dialogs: the browser's own <dialog>, which traps the focus, closes on Escape and gives the focus back.

import { h, iconButton, rendered } from "./dom.js";

export function dialog(className, label, ...children) {
  const node = h("dialog", { class: `dialog ${className}`, "aria-label": label }, ...children);
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
  return node;
}

// Slack's confirm object → a promise of yes or no.
export function confirmed(spec) {
  return new Promise((resolve) => {
    const close = (answer) => () => node.close(answer);
    const deny = rendered(
      "button",
      { type: "button", class: "button large", onclick: close("no") },
      spec.deny.html,
    );
    const style = spec.style === "danger" ? "danger" : "primary";
    const confirm = rendered(
      "button",
      { type: "button", class: `button large ${style}`, onclick: close("yes") },
      spec.confirm.html,
    );
    const node = dialog(
      "confirm",
      spec.title.plain,
      h("header", {}, rendered("h2", {}, spec.title.html), iconButton("close", "Close", close("no"))),
      h("div", { class: "dialog-body" }, rendered("div", { class: "text" }, spec.text.html)),
      h("footer", {}, deny, confirm),
    );
    confirm.focus();
    node.addEventListener("close", () => resolve(node.returnValue === "yes"));
  });
}

export function enlarge(src, alt) {
  const node = dialog(
    "viewer",
    alt || "Picture",
    h(
      "header",
      {},
      h("h2", {}, alt),
      h("a", { class: "button", href: src, download: true }, "Download"),
      iconButton("close", "Close", () => node.close()),
    ),
    h("img", { src, alt }),
  );
  node.addEventListener("click", (event) => event.target === node && node.close());
}

// A line at the bottom that goes by itself: what the workspace refused.
export function tell(words) {
  const node = h("div", { class: "toast", role: "alert" }, words);
  (document.querySelector("dialog[open]") ?? document.body).append(node);
  setTimeout(() => node.remove(), 6000);
}
