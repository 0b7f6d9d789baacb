// Slack's timestamps and dates, in the reader's own time zone and language.

const clock = { hour: "numeric", minute: "2-digit" };

export const when = (ts) => new Date(Number.parseFloat(ts) * 1000);
export const timeOfDay = (ts) => when(ts).toLocaleTimeString([], clock);
export const dayKey = (ts) => when(ts).toDateString();
export const fullTime = (ts) => when(ts).toLocaleString([], { dateStyle: "full", timeStyle: "medium" });

export function dayName(ts) {
  return nearDay(when(ts)) ?? when(ts).toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}

// "Today" and "Yesterday" (and "Tomorrow"), or nothing for a day further away.
function nearDay(date) {
  const midnight = (day) => new Date(day.getFullYear(), day.getMonth(), day.getDate());
  const days = Math.round((midnight(date) - midnight(new Date())) / 86_400_000);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days];
}

export function ago(ts) {
  const seconds = Math.max(0, (Date.now() - when(ts)) / 1000);
  if (seconds < 60) return "just now";
  const [count, unit] =
    seconds < 3600
      ? [seconds / 60, "minute"]
      : seconds < 86_400
        ? [seconds / 3600, "hour"]
        : [seconds / 86_400, "day"];
  const whole = Math.floor(count);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}

const TOKENS = {
  date_num: (date) => date.toLocaleDateString("sv"),
  date_slash: (date) => date.toLocaleDateString(),
  date: (date) => date.toLocaleDateString([], { dateStyle: "long" }),
  date_short: (date) => date.toLocaleDateString([], { dateStyle: "medium" }),
  date_long: (date) => date.toLocaleDateString([], { dateStyle: "full" }),
  date_pretty: (date) => nearDay(date)?.toLowerCase() ?? TOKENS.date(date),
  date_short_pretty: (date) => nearDay(date)?.toLowerCase() ?? TOKENS.date_short(date),
  date_long_pretty: (date) => nearDay(date)?.toLowerCase() ?? TOKENS.date_long(date),
  day_divider_pretty: (date) => dayName(date / 1000),
  time: (date) => date.toLocaleTimeString([], clock),
  time_secs: (date) => date.toLocaleTimeString([], { ...clock, second: "2-digit" }),
  ago: (date) => ago(date / 1000),
};

// Fill in <!date^…> elements below `root`; one whose moment makes no sense keeps its fallback.
export function localiseDates(root) {
  for (const node of root.querySelectorAll("time.date")) {
    const date = when(node.dataset.epoch);
    if (Number.isNaN(date.valueOf())) continue;
    node.textContent = node.dataset.pattern.replace(/\{(\w+)\}/g, (token, name) => TOKENS[name]?.(date) ?? token);
    node.title = fullTime(node.dataset.epoch);
  }
}
