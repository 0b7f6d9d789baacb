// The thread beside the channel (on a phone: over it): its first message, the replies, a composer of its own.

import { post } from "./api.js";
import { Composer } from "./composer.js";
import { h, iconButton } from "./dom.js";
import { Messages } from "./messages.js";

export class Thread {
  constructor(root, close) {
    this.root = root;
    this.where = h("span", { class: "muted" });
    this.messages = new Messages({ label: "Replies", inThread: true });
    this.composer = new Composer({ send: (text) => this.say(text) });
    root.append(
      h(
        "header",
        { class: "bar" },
        iconButton("back", "Back", close, "phone"),
        h("h2", {}, "Thread ", this.where),
        iconButton("close", "Close thread", close, "desk"),
      ),
      this.messages.node,
      this.composer.node,
    );
    root.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && close());
  }

  async say(text) {
    this.messages.toBottom();
    await post("say", { channel: this.channel, text, thread_ts: this.ts });
  }

  // Draws the thread `ts` of `channel`; without a ts it closes. A thread whose first message is gone closes too.
  draw(state, channel, ts) {
    const items = channel?.messages.filter((item) => item.ts === ts || item.thread_ts === ts) ?? [];
    this.root.hidden = !ts || items.length === 0;
    document.body.classList.toggle("with-thread", !this.root.hidden);
    if (this.root.hidden) return;
    if (this.ts !== ts || this.me !== state.me) this.messages.clear();
    Object.assign(this, { ts, channel: channel.id, me: state.me });
    this.where.textContent = channel.is_im ? state.app.name : `# ${channel.name}`;
    this.composer.move(`${state.me} ${ts}`, "Reply…");
    this.messages.draw(items, state);
  }
}
