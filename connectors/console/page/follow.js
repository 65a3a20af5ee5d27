// @ts-check
/** Follows what changes, comes back where it stopped, and says how the connection is. */
import { apply } from "./fragments.js";
import { whenStill } from "./hands.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** "Typing" is said again while it lasts. */
const TYPING_MS = 6000;
/** A short cut is mended before anybody is told. */
const PATIENCE_MS = 1200;
/** The server says something every 15 s; a longer silence is a dead connection. */
const SILENCE_MS = 40_000;

/**
 * @typedef {object} FollowOptions
 * @property {string} url
 * @property {number} after the entry the page was made after
 * @property {string} title
 * @property {() => void} onChange
 * @property {() => void} onConnected
 */

/** @param {FollowOptions} options */
export function follow({ url, after, title, onChange, onConnected }) {
  let cursor = String(after);
  let pauseMs = FIRST_PAUSE_MS;
  let isWaiting = false;
  /** @type {number | undefined} */
  let silence;
  const connection = createConnectionLine();
  open();

  function open() {
    isWaiting = false;
    const source = new EventSource(`${url}&after=${cursor}`);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => lost(source), SILENCE_MS);
    };
    source.addEventListener("ready", () => {
      pauseMs = FIRST_PAUSE_MS;
      heard();
      connection.connected();
      onConnected();
    });
    source.addEventListener("alive", heard);
    source.addEventListener("reload", () => location.reload());
    source.addEventListener("change", (event) => {
      heard();
      if (event.lastEventId) cursor = event.lastEventId;
      whenStill(() => {
        takeChange(JSON.parse(event.data), title);
        onChange();
      });
    });
    source.addEventListener("error", () => lost(source));
  }

  /** @param {EventSource} source */
  function lost(source) {
    source.close();
    clearTimeout(silence);
    if (isWaiting) return;
    isWaiting = true;
    whenStill(() => {
      showTyping(false);
      document.getElementById("under-way")?.replaceChildren();
    });
    connection.lost();
    void explain(url).then((why) => isWaiting && why && connection.explain(why));
    setTimeout(open, pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }

  addEventListener("online", () => connection.explain("Reconnecting …"));
  addEventListener("pagehide", () => clearTimeout(silence));
}

/**
 * Why there is no stream; undefined when the hub answers, and the next try will do.
 * @param {string} url
 * @returns {Promise<string | undefined>}
 */
async function explain(url) {
  if (!navigator.onLine) return "This device is offline. What you write is kept, and sent when it is back.";
  try {
    const response = await fetch(url.replace(/\/live\?.*$/, "/threads"), { cache: "no-store" });
    // Signed out, perhaps in another window: nothing of the conversation stays in sight, and what was being written is kept.
    if (response.status === 401) location.reload();
    return response.ok ? undefined : `The hub cannot answer just now (${response.status}); trying again …`;
  } catch {
    return undefined;
  }
}

function createConnectionLine() {
  const line = document.getElementById("connection");
  /** @type {Date | undefined} */
  let since;
  /** @type {number | undefined} */
  let patience;
  /** @param {string} text */
  const show = (text) => {
    if (!line || since === undefined) return;
    line.textContent = text;
    line.hidden = false;
  };
  return {
    connected() {
      clearTimeout(patience);
      since = undefined;
      if (line) line.hidden = true;
    },
    lost() {
      if (since !== undefined) return;
      since = new Date();
      const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(since);
      patience = setTimeout(
        () => show(`The hub does not answer since ${clock}; reconnecting … What you write is kept, and sent when it is back.`),
        PATIENCE_MS,
      );
    },
    /** @param {string} why */
    explain(why) {
      clearTimeout(patience);
      show(why);
    },
  };
}

/**
 * @param {{ fragments: import("./fragments.js").Fragment[], typing?: boolean, news?: string, unread?: number }} change
 * @param {string} title
 */
function takeChange({ fragments, typing, news, unread }, title) {
  apply(fragments);
  if (typing !== undefined) showTyping(typing);
  else if (fragments.some((fragment) => fragment.do === "put" && fragment.into === "under-way")) showTyping(false);
  const speaker = document.getElementById("news");
  if (news && speaker) speaker.textContent = news;
  if (unread !== undefined) document.title = `${unread > 0 ? `(${unread}) ` : ""}${title} · mos-hub`;
}

/** @type {number | undefined} */
let typingEnds;

/** @param {boolean} isTyping */
function showTyping(isTyping) {
  const line = document.getElementById("typing");
  clearTimeout(typingEnds);
  if (!line) return;
  line.hidden = !isTyping;
  if (isTyping) typingEnds = setTimeout(() => showTyping(false), TYPING_MS);
}
