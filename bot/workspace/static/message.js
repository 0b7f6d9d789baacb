// One message: who, when, its text or blocks, files, and the bar that leads to its thread.

import { blocks } from "./blocks.js";
import { Context } from "./context.js";
import { avatar, h, icon, iconButton, rendered } from "./dom.js";
import { file } from "./file.js";
import { ago, fullTime, localiseDates, timeOfDay } from "./time.js";
import { post } from "./api.js";

// `follows`: by the same person shortly after the one above, so without picture and name, as Slack does.
export function message(item, state, { follows, inThread, openThread }) {
  const user = state.users[item.user] ?? { name: item.user, real_name: item.user };
  const node = h("article", {
    class: classes(item, follows),
    "aria-label": `${user.real_name}, ${timeOfDay(item.ts)}`,
    id: `${inThread ? "reply" : "message"}-${item.ts}`,
  });
  const time = h("time", { class: "time", title: fullTime(item.ts) }, timeOfDay(item.ts));
  const body = h(
    "div",
    { class: "message-body" },
    !follows &&
      h(
        "div",
        { class: "message-head" },
        h("b", { class: "name" }, user.real_name),
        user.is_app && h("span", { class: "badge" }, "App"),
        time.cloneNode(true),
      ),
    item.broadcast && !inThread && fromThread(item, openThread),
    content(item),
    (item.files ?? []).map(file),
    item.ephemeral && dismiss(item),
    item.reply_count > 0 && !inThread && threadBar(item, state, openThread),
  );
  node.append(
    item.ephemeral ? h("div", { class: "only-you" }, icon("eye"), "Only visible to you") : "",
    h("div", { class: "message-row" }, h("div", { class: "gutter" }, follows ? time : avatar(user)), body),
  );
  if (!inThread && !item.ephemeral)
    node.append(
      h(
        "div",
        { class: "tools" },
        iconButton("reply", "Reply in thread", () => openThread(item.thread_ts ?? item.ts)),
      ),
    );
  localiseDates(node);
  return node;
}

function classes(item, follows) {
  const flags = { follows, ephemeral: item.ephemeral, tombstone: item.tombstone };
  return ["message", ...Object.keys(flags).filter((flag) => flags[flag])].join(" ");
}

function content(item) {
  const edited =
    item.edited && h("span", { class: "edited", title: `Edited ${fullTime(item.edited)}` }, "(edited)");
  if (item.blocks.length === 0)
    return h("div", { class: "block" }, rendered("span", { class: "text" }, item.html), edited && " ", edited);
  const node = h("div", { class: "blocks" }, blocks(item.blocks, new Context(item.ts)));
  if (edited)
    (
      node.querySelector(":scope > .block-section:last-child .text, :scope > .block-context:last-child") ?? node
    ).append(" ", edited);
  return node;
}

function fromThread(item, openThread) {
  return h(
    "div",
    { class: "from-thread" },
    "replied to a thread: ",
    rendered(
      "button",
      { type: "button", class: "link", onclick: () => openThread(item.thread_ts) },
      item.thread_preview,
    ),
  );
}

function threadBar(item, state, openThread) {
  const people = item.reply_users.map((id) => state.users[id] ?? { name: id });
  return h(
    "button",
    { type: "button", class: "thread-bar", onclick: () => openThread(item.ts) },
    people.map((user) => avatar(user, "small")),
    h("b", {}, `${item.reply_count} ${item.reply_count === 1 ? "reply" : "replies"}`),
    h("span", { class: "muted last" }, `Last reply ${ago(item.latest_reply)}`),
    h("span", { class: "muted view" }, "View thread"),
  );
}

function dismiss(item) {
  return h(
    "div",
    { class: "dismiss" },
    h("button", { type: "button", class: "link", onclick: () => post("dismiss", { ts: item.ts }) }, "Dismiss"),
  );
}
