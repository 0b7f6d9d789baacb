// The app's modals: a view on top of the page, its inputs, and the errors the app found in them.

import { currentUser, post } from "./api.js";
import { blocks } from "./blocks.js";
import { Context } from "./context.js";
import { dialog } from "./dialog.js";
import { avatar, h, iconButton, rendered } from "./dom.js";
import { localiseDates } from "./time.js";

export class Modal {
  // Shows the view, keeps it while it stays the same, and closes when there is none.
  draw(state) {
    const { view } = state;
    if (!view || view.id === this.closed) return this.hide();
    if (this.node && this.hash === view.hash && this.id === view.id) return undefined;
    const held = this.id === view.id ? this.context.values() : {};
    const focused = this.id === view.id ? document.activeElement?.closest("[data-block]")?.dataset.block : null;
    Object.assign(this, { id: view.id, hash: view.hash, context: new Context(view.id, held) });
    this.node ??= this.open();
    this.fill(view, state);
    this.focus(focused);
    return undefined;
  }

  open() {
    const node = dialog("modal", "");
    node.addEventListener("cancel", (event) => {
      event.preventDefault(); // Escape closes it through the app's own view_closed
      this.close();
    });
    return node;
  }

  hide() {
    this.node?.close();
    this.node = this.id = null;
  }

  fill(view, state) {
    this.complaint = h("p", { class: "field-error whole", role: "alert", hidden: true });
    this.submitButton = view.submit && rendered("button", { class: "button large primary" }, view.submit.html);
    const close = rendered(
      "button",
      { type: "button", class: "button large", onclick: () => this.close() },
      view.close?.html ?? "Close",
    );
    this.form = h(
      "form",
      { novalidate: true, onsubmit: (event) => this.submit(event) },
      h(
        "header",
        {},
        avatar({ is_app: true }, "small"),
        rendered("h2", {}, view.title.html),
        iconButton("close", "Close", () => this.close()),
      ),
      h("div", { class: "dialog-body" }, this.complaint, blocks(view.blocks, this.context)),
      h("footer", {}, h("span", { class: "muted by" }, state.app.name), close, this.submitButton),
    );
    localiseDates(this.form);
    this.node.setAttribute("aria-label", view.title.plain);
    this.node.replaceChildren(this.form);
  }

  focus(block) {
    const wanted = block ? `[data-block="${CSS.escape(block)}"]` : "[autofocus]";
    const inputs = "input, textarea, select, .dialog-body button";
    const target = this.form.querySelector(wanted) ?? this.form;
    (target.matches(inputs) ? target : (target.querySelector(inputs) ?? this.submitButton ?? target))?.focus?.();
  }

  async submit(event) {
    event.preventDefault();
    if (this.sending) return;
    this.sending = true;
    this.submitButton.classList.add("pending");
    this.show({});
    try {
      const { errors, error } = await post("submit", { view_id: this.id, values: this.context.values() });
      this.show(errors ?? {}, error);
    } catch (refused) {
      this.show({}, refused.message);
    } finally {
      this.sending = false;
      this.submitButton?.classList.remove("pending");
    }
  }

  // Errors stand at their fields; one without a field, above them all.
  show(errors, error = "") {
    this.complaint.hidden = !error;
    this.complaint.textContent = error;
    for (const block of this.form.querySelectorAll(".block-input")) {
      const words = errors[block.dataset.block] ?? "";
      const place = block.querySelector(".field-error");
      place.hidden = !words;
      place.textContent = words;
      block.querySelector("input, textarea, select")?.setAttribute("aria-invalid", String(Boolean(words)));
    }
    this.form.querySelector("[aria-invalid=true]")?.focus();
  }

  async close() {
    const id = this.id;
    this.closed = id; // a state read before the server knew would show it once more
    this.hide();
    if (id && currentUser()) await post("close", { view_id: id }).catch(() => undefined);
  }
}
