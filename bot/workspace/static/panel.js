// The panel beside the workspace: ways to act on what the app watches. It is not part of Slack, and looks it.

import { post } from "./api.js";
import { h } from "./dom.js";

const wide = matchMedia("(min-width: 769px)");

export class Panel {
  constructor(root) {
    this.root = root;
    this.note = h("span", { class: "panel-note", role: "status" });
    this.answer = h("p", { class: "panel-answer", role: "status", hidden: true });
    this.items = h("div", { class: "panel-items" });
    this.title = h("span", { class: "panel-title" });
    root.append(h("summary", {}, this.title, this.note), this.answer, this.items);
    root.open = wide.matches;
    wide.addEventListener("change", () => (root.open = wide.matches));
    root.querySelector("summary").addEventListener("click", (event) => wide.matches && event.preventDefault());
  }

  draw({ panel }) {
    this.root.hidden = !panel;
    if (!panel) return;
    this.title.textContent = panel.title;
    this.note.textContent = panel.note;
    const look = JSON.stringify(panel.items);
    if (look === this.look || this.root.contains(document.activeElement?.closest("select"))) return;
    this.look = look;
    const chosen = Object.fromEntries(
      [...this.items.querySelectorAll("select")].map((select) => [select.name, select.value]),
    );
    this.items.replaceChildren(...panel.items.map((item) => this.item(item, chosen[item.id])));
  }

  item(item, chosen) {
    const select =
      item.choices &&
      h(
        "select",
        { class: "select", name: item.id, "aria-label": `${item.label}: which` },
        item.choices.map((choice) => h("option", {}, choice)),
      );
    if (select && item.choices.includes(chosen)) select.value = chosen;
    const button = h(
      "button",
      {
        type: "button",
        class: "button",
        disabled: item.choices?.length === 0,
        onclick: () => this.act(item, select, button),
      },
      item.label,
    );
    return h(
      "div",
      { class: "panel-item" },
      h("div", { class: "panel-row" }, select, button),
      h("p", {}, item.hint),
    );
  }

  async act(item, select, button) {
    button.classList.add("pending");
    button.disabled = true;
    try {
      const { answer } = await post("panel", { id: item.id, choice: select?.value ?? null });
      this.say(answer, false);
    } catch (error) {
      this.say(error.message, true);
    } finally {
      button.classList.remove("pending");
      button.disabled = false;
    }
  }

  say(words, failed) {
    this.answer.textContent = words;
    this.answer.hidden = !words;
    this.answer.classList.toggle("failed", failed);
  }
}
