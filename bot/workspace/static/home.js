// The app's Home tab: the view it published for this person.

import { blocks } from "./blocks.js";
import { Context } from "./context.js";
import { h } from "./dom.js";
import { localiseDates } from "./time.js";

export class Home {
  constructor(root) {
    this.root = root;
  }

  draw(state) {
    const look = JSON.stringify([state.me, state.home]);
    if (look === this.look) return;
    this.look = look;
    const held = this.context?.target === state.home?.id ? this.context?.values() : {};
    this.context = new Context(state.home?.id, held);
    this.root.replaceChildren(
      h("div", { class: "home-inner" }, state.home ? blocks(state.home.blocks, this.context) : empty(state)),
    );
    localiseDates(this.root);
  }
}

const empty = (state) => h("p", { class: "muted" }, `${state.app.name} has not published a Home for you yet.`);
