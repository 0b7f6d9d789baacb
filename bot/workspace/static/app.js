// The page: reads the state, draws its parts, and reads it again whenever something changed.

import { actAs, currentUser, get, post } from "./api.js";
import { Composer } from "./composer.js";
import { tell } from "./dialog.js";
import { avatar, h, iconButton } from "./dom.js";
import { Home } from "./home.js";
import { Live } from "./live.js";
import { Messages } from "./messages.js";
import { Modal } from "./modal.js";
import { Panel } from "./panel.js";
import { Sidebar } from "./sidebar.js";
import { Thread } from "./thread.js";

const byId = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.place = null; // a channel's id, or "home"
    this.thread = null; // the ts of the open thread
    this.seen = new Map(); // the newest message seen in each channel
    this.sidebar = new Sidebar(byId("rail"), byId("sidebar"), {
      go: (place) => this.go(place),
      become: (user) => this.become(user),
    });
    this.messages = new Messages({ label: "Messages", openThread: (ts) => this.openThread(ts) });
    this.composer = new Composer({ send: (text) => this.say(text) });
    byId("channel").append(this.messages.node, this.composer.node);
    this.threadPane = new Thread(byId("thread"), () => this.openThread(null));
    this.home = new Home(byId("home"));
    this.modal = new Modal();
    this.panel = new Panel(byId("panel"));
    this.live = new Live({
      refresh: () => this.refresh(),
      panel: (panel) => this.panel.draw(panel),
      online: (online, reason) => this.online(online, reason),
    });
    byId("shade").addEventListener("click", () => this.drawer(false));
  }

  async refresh() {
    const asked = currentUser();
    const state = await get("state");
    if (currentUser() !== asked) return; // meanwhile one acts as somebody else, and that is read too
    actAs(state.me);
    this.state = state;
    this.place ??= state.channels[0].id;
    this.draw();
  }

  draw() {
    const { state } = this;
    const channel = state.channels.find((one) => one.id === this.place);
    if (channel) this.seen.set(channel.id, channel.messages.at(-1)?.ts ?? "");
    this.sidebar.draw(state, channel?.is_im ? "home" : this.place, this.unread());
    this.bar(channel);
    byId("channel").hidden = !channel;
    byId("home").hidden = Boolean(channel);
    if (channel) this.drawChannel(channel);
    else this.home.draw(state);
    this.threadPane.draw(state, channel, this.thread);
    this.modal.draw(state);
    document.title = `${channel && !channel.is_im ? `#${channel.name}` : state.app.name} · ${state.workspace}`;
  }

  drawChannel(channel) {
    const name = channel.is_im ? this.state.app.name : `#${channel.name}`;
    this.composer.move(`${this.state.me} ${channel.id}`, `Message ${name}`);
    this.messages.draw(
      channel.messages.filter((item) => !item.only_in_thread),
      this.state,
      [this.intro(channel, name)],
    );
  }

  // Slack's words above the first message; the same node each time, so that nothing moves.
  intro(channel, name) {
    this.intros ??= new Map();
    if (!this.intros.has(channel.id)) {
      const words = channel.is_im
        ? `This is the very beginning of your direct messages with ${name}.`
        : `This is the very beginning of the ${name} channel. ${channel.topic}`;
      this.intros.set(
        channel.id,
        h("div", { class: "intro" }, h("h2", {}, name), h("p", { class: "muted" }, words)),
      );
    }
    return this.intros.get(channel.id);
  }

  online(online, reason = "Connection lost.") {
    byId("offline").hidden = online;
    byId("offline").textContent = `${reason} Reconnecting…`;
  }

  unread() {
    const fresh = this.state.channels.filter((channel) => {
      const newest = channel.messages.at(-1)?.ts ?? "";
      if (!this.seen.has(channel.id)) this.seen.set(channel.id, newest);
      return newest > this.seen.get(channel.id);
    });
    return new Set(fresh.map((channel) => (channel.is_im ? "home" : channel.id)));
  }

  bar(channel) {
    const look = JSON.stringify([channel?.id, channel?.topic, this.state.channels.length]);
    if (look === this.barLook) return;
    this.barLook = look;
    const inApp = !channel || channel.is_im;
    const { app } = this.state;
    byId("bar").replaceChildren(
      iconButton("menu", "Channels and people", () => this.drawer(true), "phone"),
      inApp ? h("h1", {}, avatar({ is_app: true }, "small"), app.name) : h("h1", {}, `# ${channel.name}`),
      inApp ? this.tabs(channel) : h("span", { class: "topic" }, channel.topic),
    );
  }

  tabs(channel) {
    const direct = this.state.channels.find((one) => one.is_im);
    const tab = (label, place, current) =>
      h(
        "button",
        { type: "button", role: "tab", "aria-selected": String(current), onclick: () => this.go(place) },
        label,
      );
    return h(
      "div",
      { class: "tabs", role: "tablist" },
      tab("Home", "home", !channel),
      direct && tab("Messages", direct.id, Boolean(channel)),
    );
  }

  go(place) {
    this.place = place;
    this.thread = null;
    this.messages.clear();
    this.drawer(false);
    this.draw();
    if (place === "home") post("home", {}).catch((error) => tell(error.message));
    else if (matchMedia("(hover: hover)").matches) this.composer.input.focus();
  }

  async become(user) {
    actAs(user);
    this.messages.clear();
    this.seen.clear();
    this.modal.hide();
    if (this.place?.startsWith("D")) this.place = "home";
    this.drawer(false);
    this.live.connect();
    await this.live.changed();
    if (this.place === "home") await post("home", {});
  }

  openThread(ts) {
    const back = this.thread;
    this.thread = ts;
    this.draw();
    if (ts && matchMedia("(hover: hover)").matches) this.threadPane.composer.input.focus();
    else if (!ts && back) byId(`message-${back}`)?.querySelector(".thread-bar")?.focus({ preventScroll: true });
  }

  async say(text) {
    this.messages.toBottom(); // where the message, and what the app answers, will appear
    await post("say", { channel: this.place, text });
  }

  drawer(open) {
    document.body.classList.toggle("with-drawer", open);
    if (open) byId("sidebar").querySelector("[aria-current]")?.focus();
  }
}

const page = new Page();
get("panel")
  .then((panel) => page.panel.draw(panel))
  .catch(() => undefined);
page.live.changed().then(() => page.live.connect());
