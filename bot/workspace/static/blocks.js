// Slack's blocks as elements. `ctx` says where they stand: its `act` sends what a person did, and its `fields`
// collects the readers of every input, so that a click can tell the state of the whole message or view.

import { h, rendered } from "./dom.js";
import { element } from "./elements.js";
import { enlarge } from "./dialog.js";

export function blocks(list, ctx) {
  return list.map((block) => {
    const render = KINDS[block.type] ?? unknown;
    const node = render(block, ctx);
    node.classList.add("block", `block-${block.type}`);
    node.dataset.block = block.block_id ?? "";
    return node;
  });
}

export function text(object, tag = "div", className = "") {
  return rendered(tag, { class: `text ${className}` }, object.html);
}

export function picture(block, className = "picture") {
  if (!block.src)
    return h("p", { class: "muted" }, `Picture not shown: ${block.alt_text ?? "it is not on this machine"}`);
  const show = () => enlarge(block.src, block.alt_text ?? "");
  return h(
    "button",
    { type: "button", class: className, "aria-label": `Enlarge: ${block.alt_text ?? "picture"}`, onclick: show },
    h("img", { src: block.src, alt: block.alt_text ?? "" }),
  );
}

const KINDS = {
  section: (block, ctx) =>
    h(
      "div",
      {},
      h(
        "div",
        { class: "section-main" },
        block.text && text(block.text),
        block.fields &&
          h(
            "div",
            { class: "fields" },
            block.fields.map((field) => text(field, "div", "field")),
          ),
      ),
      block.accessory && h("div", { class: "accessory" }, element(block.accessory, block, ctx)),
    ),

  divider: () => h("hr"),
  header: (block) => text(block.text, "h3"),
  image: (block) => h("figure", {}, block.title && text(block.title, "figcaption"), picture(block)),
  actions: (block, ctx) =>
    h(
      "div",
      {},
      block.elements.map((part) => element(part, block, ctx)),
    ),
  context: (block) => h("div", {}, block.elements.map(contextPart)),
  markdown: (block) => rendered("div", { class: "markdown text" }, block.html),
  rich_text: (block) => rendered("div", { class: "text" }, block.html),
  table: (block) =>
    rendered("div", { class: "text scroll", tabindex: "0", role: "region", "aria-label": "Table" }, block.html),
  input: inputBlock,
};

function contextPart(part) {
  if (part.type !== "image") return text(part, "span");
  return part.src
    ? h("img", { class: "context-image", src: part.src, alt: part.alt_text ?? "" })
    : h("span", {}, part.alt_text ?? "");
}

function inputBlock(block, ctx) {
  const control = element(block.element, block, ctx);
  const single = control.matches("input, textarea, select"); // otherwise a group of boxes to tick
  const id = ctx.id(block, single ? "control" : "label");
  if (single) {
    control.id = id;
    control.removeAttribute("aria-label");
  } else control.setAttribute("aria-labelledby", id);
  const words = [text(block.label, "span"), block.optional && h("span", { class: "muted" }, " (optional)")];
  const label = single ? h("label", { class: "label", for: id }, words) : h("div", { class: "label", id }, words);
  const error = h("p", { class: "field-error", role: "alert", hidden: true });
  return h("div", {}, label, control, error, block.hint && text(block.hint, "p", "hint"));
}

function unknown(block) {
  return h("p", { class: "muted" }, `A block of type “${block.type}” is not shown here.`);
}
