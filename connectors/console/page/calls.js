// @ts-check
/** Calls to the hub that may be sent twice: each carries an id of its own, the same again when it is tried again. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;

/** @returns {string} */
export function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * What the hub said: `problem` in its own words when it refused for good.
 * @typedef {{ privateText?: string, problem?: string, [field: string]: unknown }} Answer
 */

/**
 * Tries again while the hub is away or cannot take it; `onWait` is told so, and ends the trying by returning false.
 * @param {string} url
 * @param {BodyInit} body
 * @param {{ onWait?: (nudge: () => void) => boolean, type?: string }} [options]
 * @returns {Promise<Answer>}
 */
export async function insist(url, body, { onWait = () => true, type } = {}) {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const answer = await post(url, body, type);
    if (answer) return answer;
    /** @type {() => void} */
    let nudge = () => {};
    const waited = new Promise((resolve) => {
      nudge = () => resolve(undefined);
      setTimeout(nudge, pauseMs);
    });
    if (!onWait(nudge)) return { problem: "The hub does not answer." };
    await waited;
  }
}

/**
 * Undefined when the hub is away, or says that it could not take it.
 * @param {string} url
 * @param {BodyInit} body
 * @param {string | undefined} type
 * @returns {Promise<Answer | undefined>}
 */
async function post(url, body, type) {
  try {
    const response = await fetch(url, { method: "POST", body, ...(type ? { headers: { "content-type": type } } : {}) });
    if (response.status >= 500 || response.status === 429) return undefined;
    const answer = await response.json();
    return response.ok
      ? answer
      : { problem: [answer.title, answer.detail].filter(Boolean).join(" ") || `The hub answered ${response.status}.` };
  } catch {
    return undefined;
  }
}
