// The workspace's name, its channels and its app, and whom one acts as.

import { avatar, h, icon } from "./dom.js";
import { openMenu } from "./menu.js";

export class Sidebar {
  constructor(rail, root, { go, become }) {
    Object.assign(this, { rail, root, go, become });
  }

  draw(state, place, unread) {
    const look = JSON.stringify([
      state.me,
      state.workspace,
      state.channels.map((channel) => [channel.id, channel.name]),
      place,
      [...unread],
    ]);
    if (look === this.look) return;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.look = look;
    const row = (key, lead, label) =>
      this.row(key, lead, label, { current: key === place, unread: unread.has(key) });
    this.root.replaceChildren(
      h("div", { class: "workspace-name" }, state.workspace),
      h(
        "nav",
        { "aria-label": "Channels" },
        h("h2", {}, "Channels"),
        state.channels
          .filter((channel) => !channel.is_im)
          .map((channel) => row(channel.id, icon("hash"), channel.name)),
        h("h2", {}, "Apps"),
        row("home", avatar({ is_app: true }, "tiny"), state.app.name),
      ),
      this.people(state),
    );
    this.rail.replaceChildren(...this.railParts(state, place));
    if (focused) this.root.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  row(key, lead, label, { current, unread }) {
    return h(
      "button",
      {
        type: "button",
        class: unread ? "row unread" : "row",
        "data-key": key,
        "aria-current": current ? "page" : undefined,
        onclick: () => this.go(key),
      },
      lead,
      h("span", {}, label),
    );
  }

  people(state) {
    const person = (id) => {
      const user = state.users[id];
      return h(
        "button",
        {
          type: "button",
          class: "row",
          role: "radio",
          "aria-checked": String(id === state.me),
          "data-key": id,
          onclick: () => this.become(id),
        },
        avatar(user, "tiny"),
        h("span", {}, user.name),
        user.is_admin && h("span", { class: "role" }, "admin"),
      );
    };
    return h(
      "div",
      { class: "people", role: "radiogroup", "aria-label": "Act as" },
      h("h2", {}, "Act as"),
      state.people.map(person),
    );
  }

  railParts(state, place) {
    const home = state.channels[0]?.id;
    const me = state.users[state.me];
    const people = (event) =>
      openMenu(
        event.currentTarget,
        state.people.map((id) => ({
          lead: avatar(state.users[id], "tiny"),
          checked: id === state.me,
          choose: () => this.become(id),
          label: state.users[id].real_name,
        })),
      );
    return [
      h("div", { class: "tile", "aria-hidden": "true" }, state.workspace[0]),
      h(
        "button",
        {
          type: "button",
          class: "rail-button",
          "aria-current": place !== "home" ? "page" : undefined,
          onclick: () => this.go(home),
        },
        icon("home"),
        "Home",
      ),
      h(
        "button",
        {
          type: "button",
          class: "rail-button",
          "aria-current": place === "home" ? "page" : undefined,
          onclick: () => this.go("home"),
        },
        icon("apps"),
        "Apps",
      ),
      h(
        "button",
        {
          type: "button",
          class: "me",
          "aria-label": `You are ${me.real_name}. Act as someone else`,
          title: `You are ${me.real_name}`,
          "aria-haspopup": "menu",
          onclick: people,
        },
        avatar(me),
      ),
    ];
  }
}
