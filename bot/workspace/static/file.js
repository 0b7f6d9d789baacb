// A file under a message: a picture to enlarge, the beginning of a text, or a card; each can be downloaded.

import { picture } from "./blocks.js";
import { h, icon } from "./dom.js";

export function file(item) {
  const download = h(
    "a",
    {
      class: "icon-button",
      href: item.src,
      download: item.name,
      "aria-label": `Download ${item.name}`,
      title: "Download",
    },
    icon("download"),
  );
  if (item.picture)
    return h(
      "figure",
      { class: "file" },
      h("figcaption", {}, item.title, download),
      picture({ src: item.src, alt_text: item.alt || item.title }),
    );
  const head = h(
    "div",
    { class: "file-head" },
    icon("file"),
    h("div", {}, h("b", {}, item.title), h("span", { class: "muted" }, `${item.kind} · ${size(item.size)}`)),
    download,
  );
  return h("div", { class: "file card" }, head, item.preview !== undefined && snippet(item));
}

function snippet(item) {
  const text = h("pre", { class: "snippet", tabindex: "0" }, item.preview);
  if (!item.more_lines) return text;
  const more = h(
    "a",
    { class: "more", href: item.src, target: "_blank", rel: "noopener" },
    `${item.more_lines} more lines. Open the whole file`,
  );
  return h("div", {}, text, more);
}

function size(bytes) {
  return bytes < 1024
    ? `${bytes} bytes`
    : bytes < 1024 ** 2
      ? `${(bytes / 1024).toFixed(1)} kB`
      : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
