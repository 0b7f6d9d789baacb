// Where blocks stand (a message, a modal, Home) and what happens when a person acts there.

import { post } from "./api.js";
import { confirmed, tell } from "./dialog.js";
import { h, icon } from "./dom.js";

let contexts = 0;

export class Context {
  // `target` is a message's ts or a view's id. `held` is what its inputs held before it was drawn anew:
  // {block_id: {action_id: {value | selected_option | …}}}.
  constructor(target, held = {}) {
    Object.assign(this, { target, held, fields: [], number: ++contexts });
  }

  id(block, part) {
    return `c${this.number}-${block.block_id}-${part}`;
  }

  kept(block, spec) {
    return this.held[block.block_id]?.[spec.action_id];
  }

  values() {
    const values = {};
    for (const { block, action, read } of this.fields) (values[block] ??= {})[action] = read();
    return values;
  }

  // True once it was sent; false when the person thought better of it.
  async act(spec, block, chosen, node) {
    if (spec.confirm && !(await confirmed(spec.confirm))) return false;
    node.parentElement.querySelector(".unanswered")?.remove();
    node.classList.add("pending");
    node.setAttribute("aria-busy", "true");
    try {
      const { answered } = await post("click", {
        target: this.target,
        action: { block_id: block.block_id ?? "", action_id: spec.action_id, ...chosen },
        values: this.values(),
      });
      if (!answered) node.after(unanswered());
    } catch (error) {
      tell(error.message);
    } finally {
      node.classList.remove("pending");
      node.removeAttribute("aria-busy");
    }
    return true;
  }
}

// Slack's small warning: the app did not acknowledge the click in time.
function unanswered() {
  const words = "The app did not answer in time. Try again.";
  return h("span", { class: "unanswered", role: "img", "aria-label": words, title: words }, icon("warning"));
}
