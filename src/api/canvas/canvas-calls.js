/** What the page asks of the hub, and what it says of a refusal. */

export const base = location.pathname.replace(/\/$/, "");

/** @param {string} path @param {unknown} body */
export function post(path, body) {
  return fetch(`${base}/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** A refusal as an error in the hub's words. @param {Promise<Response>} call */
export async function insist(call) {
  const response = await call;
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error([problem.title, problem.detail].filter(Boolean).join(" ") || `The hub answered ${response.status}.`);
}

/** @param {unknown} thrown */
export function wordsOf(thrown) {
  return thrown instanceof TypeError ? "The hub cannot be reached just now." : thrown instanceof Error ? thrown.message : String(thrown);
}

/** Times in the reader's own zone. @param {ParentNode} root */
export function localTimes(root) {
  for (const time of root.querySelectorAll("time")) time.textContent = new Date(time.dateTime).toLocaleString();
}
