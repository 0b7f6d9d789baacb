// Where a person writes: Enter sends, Shift+Enter breaks the line, "/" offers the commands, Arrow up brings back
// what was sent. What was typed survives every change around it.

import { get } from "./api.js";
import { tell } from "./dialog.js";
import { h, icon, iconButton } from "./dom.js";

const MARKS = {
  bold: ["*", "Bold"],
  italic: ["_", "Italic"],
  strike: ["~", "Strikethrough"],
  code: ["`", "Code"],
};
const TALLEST_PIXELS = 200;
let composers = 0;

export class Composer {
  constructor({ send }) {
    Object.assign(this, { send, sent: [], drafts: new Map(), matches: [], at: -1, number: ++composers });
    this.input = h("textarea", {
      rows: 1,
      role: "combobox",
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      "aria-controls": `commands-${this.number}`,
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onblur: () => this.offer([]),
    });
    this.offers = h("ul", {
      class: "offers",
      id: `commands-${this.number}`,
      role: "listbox",
      "aria-label": "Commands",
      hidden: true,
    });
    this.button = iconButton("send", "Send now", () => this.submit(), "send");
    const marks = Object.entries(MARKS).map(([name, [mark, label]]) =>
      iconButton(name, label, () => this.wrap(mark)),
    );
    this.node = h(
      "form",
      { class: "composer", onsubmit: (event) => event.preventDefault() },
      this.offers,
      h(
        "div",
        { class: "composer-box" },
        h("div", { class: "composer-marks" }, marks),
        this.input,
        h(
          "div",
          { class: "composer-foot" },
          iconButton("command", "Commands", () => this.begin("/")),
          this.button,
        ),
      ),
    );
  }

  // Write somewhere else (a channel, a thread, as someone): the draft begun there comes back.
  move(place, label) {
    if (place === this.place) return;
    this.drafts.set(this.place, this.input.value);
    this.place = place;
    this.input.placeholder = label;
    this.input.setAttribute("aria-label", label);
    this.put(this.drafts.get(place) ?? "");
  }

  put(text) {
    this.input.value = text;
    this.recalled = 0;
    this.resize();
    this.offer([]);
  }

  begin(text) {
    this.put(text);
    this.input.focus();
    this.typed();
  }

  typed() {
    this.recalled = 0;
    this.resize();
    this.complete();
  }

  resize() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, TALLEST_PIXELS)}px`;
    this.button.classList.toggle("ready", this.input.value.trim() !== "");
  }

  wrap(mark) {
    const { selectionStart: from, selectionEnd: to, value } = this.input;
    this.input.setRangeText(mark + value.slice(from, to) + mark, from, to, "end");
    if (from === to) this.input.selectionEnd = from + mark.length;
    this.input.focus();
    this.typed();
  }

  async submit() {
    const text = this.input.value.trim();
    if (!text) return;
    this.sent.unshift(text);
    this.put("");
    this.input.focus();
    try {
      await this.send(text);
    } catch (error) {
      tell(error.message);
      if (!this.input.value) this.put(text);
    }
  }

  key(event) {
    if (event.isComposing) return;
    const act = this.matches.length > 0 && this.choosing(event.key);
    if (act) {
      event.preventDefault();
      act();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") this.recall(event);
  }

  // What the key does to the open list of commands, if anything.
  choosing(key) {
    const count = this.matches.length;
    if (key === "ArrowDown") return () => this.mark((this.at + 1) % count);
    if (key === "ArrowUp") return () => this.mark((this.at - 1 + count) % count);
    if (key === "Escape") return () => this.offer([]);
    if (key === "Tab") return () => this.choose(this.at);
    const asTyped = this.matches[this.at].text === this.input.value.trim();
    return key === "Enter" && !asTyped ? () => this.choose(this.at) : null;
  }

  recall(event) {
    const to = (this.recalled ?? 0) + (event.key === "ArrowUp" ? 1 : -1);
    const untouched = this.input.value === "" || this.input.value === this.sent[this.recalled - 1];
    if (!untouched || to < 0 || to > this.sent.length) return;
    event.preventDefault();
    this.put(this.sent[to - 1] ?? "");
    this.recalled = to;
  }

  async complete() {
    const text = this.input.value;
    if (!text.startsWith("/") || text.includes("\n")) return this.offer([]);
    // Asked anew at each "/": what can be typed changes with what is open.
    if (text === "/" || !this.commands)
      this.commands = get("commands").then(
        ({ commands }) => commands,
        () => [],
      );
    const commands = await this.commands;
    if (this.input.value === text) this.offer(commands.filter((command) => fits(command, text)));
  }

  offer(matches) {
    this.matches = matches;
    this.offers.hidden = matches.length === 0;
    this.input.setAttribute("aria-expanded", String(matches.length > 0));
    this.offers.replaceChildren(...matches.map((command, index) => this.row(command, index)));
    this.mark(matches.length ? 0 : -1);
  }

  row(command, index) {
    const onmousedown = (event) => {
      event.preventDefault(); // or the input would lose the focus, and with it the list
      this.choose(index);
    };
    return h(
      "li",
      { role: "option", id: `commands-${this.number}-${index}`, onmousedown },
      h("span", {}, h("b", {}, command.text), command.hint && h("span", { class: "hint" }, ` ${command.hint}`)),
      h("span", { class: "muted" }, command.description),
    );
  }

  mark(index) {
    this.at = index;
    [...this.offers.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    this.offers.children[index]?.scrollIntoView({ block: "nearest" });
    if (index < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", this.offers.children[index].id);
  }

  choose(index) {
    const { text } = this.matches[index];
    this.put(`${text} `);
    this.input.focus();
    this.complete();
  }
}

// Quotes count for nothing here: whoever types web s means "web server".
function fits({ text, after }, typed) {
  const bare = (words) => words.toLowerCase().replaceAll(/["“”„]/g, "");
  return bare(text).startsWith(bare(typed)) && bare(typed).startsWith(bare(after ?? ""));
}
