// The page's own small JSON interface. Every answer is an object; a refused request raises what the server said.

let user = new URLSearchParams(location.search).get("as") ?? "";

export const currentUser = () => user;
export function actAs(id) {
  user = id;
  const url = new URL(location.href);
  url.searchParams.set("as", id);
  history.replaceState(null, "", url);
}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `the workspace answered ${response.status}`);
  return body;
}

export const get = async (path) => answer(await fetch(`/page/${path}?user=${encodeURIComponent(user)}`));
export const post = async (path, body) =>
  answer(
    await fetch(`/page/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user, ...body }),
    }),
  );
