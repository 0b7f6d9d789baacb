// A menu at its button: arrows move, Enter chooses, Escape or a click elsewhere closes (the Popover API's work).

import { h, rendered } from "./dom.js";

const GAP = 4;

export function openMenu(anchor, items) {
  const menu = h(
    "div",
    { class: "menu", role: "menu", popover: "auto" },
    items.map((item) => row(item, () => menu.hidePopover())),
  );
  menu.addEventListener("keydown", (event) => move(event, menu));
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "closed") menu.remove();
  });
  (anchor.closest("dialog") ?? document.body).append(menu);
  menu.showPopover();
  place(menu, anchor.getBoundingClientRect());
  menu.querySelector("[role^=menuitem]").focus();
}

// `html` was rendered by the server; `label` is text.
function row({ html, label, note, lead, checked, choose }, close) {
  const node = h("button", {
    type: "button",
    role: checked === undefined ? "menuitem" : "menuitemradio",
    "aria-checked": checked === undefined ? undefined : String(checked),
    onclick: () => {
      close();
      choose();
    },
  });
  if (lead) node.append(lead);
  node.append(
    h("span", {}, label ?? rendered("span", {}, html), note && rendered("span", { class: "muted" }, note)),
  );
  return node;
}

function place(menu, anchor) {
  const { width, height } = menu.getBoundingClientRect();
  const left = Math.min(anchor.left, innerWidth - width - 2 * GAP);
  const below = anchor.bottom + GAP + height < innerHeight;
  menu.style.left = `${Math.max(GAP, left)}px`;
  menu.style.top = `${below ? anchor.bottom + GAP : Math.max(GAP, anchor.top - GAP - height)}px`;
}

function move(event, menu) {
  const rows = [...menu.querySelectorAll("button")];
  const at = rows.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  rows[(to + rows.length) % rows.length].focus();
}
