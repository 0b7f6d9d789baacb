// Interactive elements: buttons, menus and inputs, and what each one holds.

import { h, icon, rendered } from "./dom.js";
import { openMenu } from "./menu.js";

export function element(spec, block, ctx) {
  const make = KINDS[spec.type];
  if (!make) return h("span", { class: "muted" }, `[${spec.type}]`);
  const node = make(spec, block, ctx);
  node.dataset.action = spec.action_id ?? "";
  return node;
}

// An input block keeps its value until the view is submitted; elsewhere a choice is told at once.
const tellsAtOnce = (block) => block.type !== "input" || block.dispatch_action;

function field(spec, block, ctx, read) {
  ctx.fields.push({ block: block.block_id, action: spec.action_id, read });
}

function button(spec, block, ctx) {
  const act = (event) => {
    if (spec.url) window.open(spec.url, "_blank", "noopener,noreferrer");
    ctx.act(spec, block, {}, event.currentTarget);
  };
  return rendered(
    "button",
    { type: "button", class: `button ${spec.style ?? ""}`, "aria-label": spec.accessibility_label, onclick: act },
    spec.text.html,
  );
}

function overflow(spec, block, ctx) {
  const node = h(
    "button",
    { type: "button", class: "button overflow", "aria-label": "More actions", "aria-haspopup": "menu" },
    icon("more"),
  );
  node.addEventListener("click", () =>
    openMenu(
      node,
      spec.options.map((option) => ({
        html: option.text.html,
        note: option.description?.html,
        choose: () => choose(option),
      })),
    ),
  );
  const choose = (option) => {
    if (option.url) window.open(option.url, "_blank", "noopener,noreferrer");
    ctx.act(spec, block, { selected_option: { value: option.value } }, node);
  };
  return node;
}

// The system's own select: keyboard, screen reader and a phone's wheel come with it.
function select(spec, block, ctx) {
  const option = (item) => h("option", { value: item.value }, item.text.plain);
  const offers = spec.option_groups
    ? spec.option_groups.map((group) => h("optgroup", { label: group.label.plain }, group.options.map(option)))
    : (spec.options ?? []).map(option);
  const placeholder = spec.placeholder?.plain ?? "Select an option";
  const node = h(
    "select",
    { class: "select", "aria-label": placeholder },
    h("option", { value: "" }, placeholder),
    offers,
  );
  node.value = ctx.kept(block, spec)?.selected_option?.value ?? spec.initial_option?.value ?? "";
  let before = node.value;
  const read = () => ({ selected_option: node.value ? { value: node.value } : null });
  field(spec, block, ctx, read);
  node.addEventListener("change", async () => {
    if (!tellsAtOnce(block)) return;
    if (await ctx.act(spec, block, read(), node)) before = node.value;
    else node.value = before;
  });
  return node;
}

function choices(spec, block, ctx, { type, held, wrap }) {
  const name = ctx.id(block, spec.action_id);
  const rows = (spec.options ?? spec.option_groups.flatMap((group) => group.options)).map((option) => {
    const input = h("input", { type, name, value: option.value });
    input.checked = held.includes(option.value);
    return h(
      "label",
      { class: "choice" },
      input,
      h(
        "span",
        {},
        rendered("span", { class: "text" }, option.text.html),
        option.description && rendered("span", { class: "text muted" }, option.description.html),
      ),
    );
  });
  const node = h("div", { class: "choices", role: type === "radio" ? "radiogroup" : "group" }, rows);
  const read = () => wrap([...node.querySelectorAll("input:checked")].map((input) => ({ value: input.value })));
  field(spec, block, ctx, read);
  node.addEventListener("change", () => tellsAtOnce(block) && ctx.act(spec, block, read(), node));
  return node;
}

function radios(spec, block, ctx) {
  const held = ctx.kept(block, spec)?.selected_option ?? spec.initial_option;
  return choices(spec, block, ctx, {
    type: "radio",
    held: held ? [held.value] : [],
    wrap: (chosen) => ({ selected_option: chosen[0] ?? null }),
  });
}

function checks(spec, block, ctx) {
  const held = ctx.kept(block, spec)?.selected_options ?? spec.initial_options ?? [];
  return choices(spec, block, ctx, {
    type: "checkbox",
    held: held.map((option) => option.value),
    wrap: (chosen) => ({ selected_options: chosen }),
  });
}

function typed(spec, block, ctx) {
  const numeric = spec.type === "number_input";
  const node = h(spec.multiline ? "textarea" : "input", {
    class: "input",
    type: spec.multiline ? undefined : "text",
    inputmode: numeric ? (spec.is_decimal_allowed ? "decimal" : "numeric") : undefined,
    rows: spec.multiline ? 4 : undefined,
    placeholder: spec.placeholder?.plain,
    maxlength: spec.max_length,
    autocomplete: "off",
    autofocus: spec.focus_on_load,
  });
  node.value = ctx.kept(block, spec)?.value ?? spec.initial_value ?? "";
  const read = () => ({ value: node.value || null });
  field(spec, block, ctx, read);
  if (block.dispatch_action) node.addEventListener("change", () => ctx.act(spec, block, read(), node));
  return node;
}

function date(spec, block, ctx) {
  const node = h("input", { class: "input", type: "date", "aria-label": spec.placeholder?.plain ?? "Date" });
  node.value = ctx.kept(block, spec)?.selected_date ?? spec.initial_date ?? "";
  const read = () => ({ selected_date: node.value || null });
  field(spec, block, ctx, read);
  node.addEventListener("change", () => tellsAtOnce(block) && ctx.act(spec, block, read(), node));
  return node;
}

const KINDS = {
  button,
  overflow,
  static_select: select,
  multi_static_select: checks,
  radio_buttons: radios,
  checkboxes: checks,
  plain_text_input: typed,
  number_input: typed,
  datepicker: date,
};
