// The list of messages, in the channel and in the thread: drawn anew only where something changed, and without
// moving what the reader looks at.

import { h, icon } from "./dom.js";
import { message } from "./message.js";
import { dayKey, dayName } from "./time.js";

const FOLLOW_SECONDS = 300;
const NEAR_BOTTOM_PIXELS = 60;

export class Messages {
  constructor({ label, inThread = false, openThread }) {
    Object.assign(this, { inThread, openThread, drawn: new Map(), stuck: true, lastSeen: "" });
    this.list = h("div", { class: "messages-inner" });
    this.scroller = h("div", { class: "messages", tabindex: "0", role: "log", "aria-label": label }, this.list);
    this.pill = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.toBottom() });
    this.node = h("div", { class: "messages-frame" }, this.scroller, this.pill);
    this.scroller.addEventListener("scroll", () => this.scrolled());
    // Pictures that finish loading and cards that grow must not push the newest message out of sight.
    const keep = new ResizeObserver(() => this.stuck && this.toBottom());
    keep.observe(this.list);
    keep.observe(this.scroller);
  }

  scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    this.stuck = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM_PIXELS;
    if (this.stuck) this.seen();
  }

  toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.stuck = true;
    this.seen();
  }

  seen() {
    this.lastSeen = this.items?.at(-1)?.ts ?? "";
    this.pill.hidden = true;
  }

  // Show another channel, thread or person's view: everything anew, from the bottom.
  clear() {
    this.drawn.clear();
    this.list.replaceChildren();
    this.stuck = true;
  }

  draw(items, state, before = []) {
    this.items = items;
    const kept = new Map();
    const nodes = [...before];
    items.forEach((item, index) => {
      const previous = items[index - 1];
      const newDay = !previous || dayKey(previous.ts) !== dayKey(item.ts);
      if (newDay && !this.inThread)
        nodes.push(this.keep(kept, `day-${dayKey(item.ts)}`, dayName(item.ts), () => divider(dayName(item.ts))));
      if (this.inThread && index === 1)
        nodes.push(this.keep(kept, "count", items.length, () => countLine(items.length - 1)));
      nodes.push(
        this.row(kept, item, state, !newDay && follows(previous, item) && !(this.inThread && index === 1)),
      );
    });
    this.drawn = kept;
    this.place(nodes);
    this.stuck ? this.toBottom() : this.tellNew(state.me);
  }

  row(kept, item, state, follows) {
    const look = JSON.stringify([item, follows, state.me]);
    return this.keep(kept, item.ts, look, () =>
      message(item, state, { follows, inThread: this.inThread, openThread: this.openThread }),
    );
  }

  // The node drawn for `key` before, if it still looks the same; otherwise a new one, with the focus handed on.
  keep(kept, key, look, make) {
    const old = this.drawn.get(key);
    if (old?.look === look) {
      kept.set(key, old);
      return old.node;
    }
    const node = make();
    if (old?.node.contains(document.activeElement))
      this.refocus = { action: document.activeElement.dataset.action, node };
    kept.set(key, { look, node });
    return node;
  }

  // Put the nodes in order while touching only those that are new, moved or gone: scrolling and selection survive.
  place(nodes) {
    const wanted = new Set(nodes);
    for (const child of [...this.list.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, index) => {
      if (this.list.children[index] !== node) this.list.insertBefore(node, this.list.children[index] ?? null);
    });
    const { action, node } = this.refocus ?? {};
    this.refocus = null;
    if (action) node.querySelector(`[data-action="${CSS.escape(action)}"]`)?.focus({ preventScroll: true });
  }

  tellNew(me) {
    const fresh = this.items.filter((item) => item.ts > this.lastSeen && item.user !== me).length;
    this.pill.hidden = fresh === 0;
    this.pill.replaceChildren(icon("arrow"), `${fresh} new message${fresh === 1 ? "" : "s"}`);
  }
}

const divider = (name) => h("div", { class: "day", role: "separator", "aria-label": name }, h("span", {}, name));
const countLine = (count) => h("div", { class: "count" }, `${count} ${count === 1 ? "reply" : "replies"}`);

function follows(previous, item) {
  return (
    previous.user === item.user &&
    item.ts - previous.ts < FOLLOW_SECONDS &&
    !previous.ephemeral &&
    !item.ephemeral &&
    !item.broadcast &&
    !previous.tombstone &&
    !item.tombstone
  );
}
