// Making elements. Text only ever enters as text; the one door for HTML is `rendered`, for what the server
// rendered and escaped (mrkdwn.py), and the page's Content-Security-Policy closes every other.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setAttribute(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? "" : value);
}

const policy = window.trustedTypes?.createPolicy("rendered-by-server", { createHTML: (html) => html });

export function rendered(tag, attributes, html) {
  const node = h(tag, attributes);
  node.innerHTML = policy ? policy.createHTML(html ?? "") : (html ?? "");
  return node;
}

// 16-pixel line drawings, by name: the `d` of one path each.
const ICONS = {
  hash: "M6.5 2 5 14M11 2 9.5 14M2.5 5.5h12M1.5 10.5h12",
  home: "M2.5 7.5 8 2.5l5.5 5M4 6.5v7h8v-7",
  apps: "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z",
  close: "m3.5 3.5 9 9m0-9-9 9",
  back: "M9.5 3 4.5 8l5 5",
  menu: "M2 4h12M2 8h12M2 12h12",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  reply: "M13.5 8.5A5 5 0 0 1 6.2 13l-3.7.8.9-3.2A5.3 5.3 0 1 1 13.5 8.5M6 7h5M6 9.5h3",
  send: "M2.5 13.5 14 8 2.5 2.5v4L9 8l-6.5 1.5z",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8M8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6",
  down: "m4 6 4 4 4-4",
  arrow: "M8 3v10m-4-4 4 4 4-4",
  warning: "M8 2.5 14.5 13.5h-13zM8 6.5v3M8 11.6v.01",
  file: "M4 1.5h5l3 3v10H4zM9 1.5v3h3",
  download: "M8 2v8m-3.5-3.5L8 10l3.5-3.5M2.5 13.5h11",
  check: "m3 8.5 3.5 3.5L13 4.5",
  bold: "M5 3h4a2.5 2.5 0 0 1 0 5H5zm0 5h4.5a2.5 2.5 0 0 1 0 5H5z",
  italic: "M7 3h5M4 13h5M9.5 3l-3 10",
  strike:
    "M11.5 5C11 3.5 9.5 3 8 3 6 3 4.7 4 4.7 5.3c0 1 .7 1.7 1.7 2.2M2.5 8h11M11.3 9.8c.3 2-1.3 3.2-3.3 3.2-1.8 0-3.2-.8-3.5-2.5",
  code: "m5 4.5-3.5 3.5L5 11.5m6-7L14.5 8 11 11.5",
  command: "M10.5 2.5 5.5 13.5",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, onclick, extra = "") {
  return h(
    "button",
    { type: "button", class: `icon-button ${extra}`, "aria-label": label, title: label, onclick },
    icon(name),
  );
}

// A person's or an app's picture: the app's drawing, or an initial on the person's colour.
export function avatar(user, size = "") {
  if (user.is_app) return h("img", { class: `avatar ${size}`, src: "/static/app.svg", alt: "" });
  const node = h(
    "span",
    { class: `avatar ${size}`, "aria-hidden": "true" },
    (user.real_name || user.name || "?")[0].toUpperCase(),
  );
  if (/^[0-9a-f]{6}$/i.test(user.color)) node.style.background = `#${user.color}`;
  return node;
}
