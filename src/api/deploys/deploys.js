/** Brings a page of deploys up to date in place, says aloud what changed, writes times as the reader's own, and copies. The page works without it. */

/** Between two looks, however much happens; and before another try at a hub that did not answer. */
const PACE_MS = 1000;
const RETRY_MS = 5000;
/** Of what changed at once, so much is said aloud. */
const MOST_SAID = 3;

const news = element("news");
const told = element("told");
const connection = element("connection");

/** What the hub drew, before times were written in it. */
let drawn = news.innerHTML;
/** @type {EventSource | undefined} */
let changes;
let isLooking = false;
let looksAgain = false;

setUp();
follow();
document.addEventListener("visibilitychange", follow);

/** A page that nobody sees holds no connection. */
function follow() {
  changes?.close();
  changes = undefined;
  if (document.visibilityState !== "visible") return;
  const source = new EventSource("/deploys/changes");
  changes = source;
  source.addEventListener("message", () => void look());
  source.addEventListener("error", () => {
    connection.textContent = "The hub cannot be reached just now. What stands here may be out of date.";
    connection.hidden = false;
    if (source.readyState !== EventSource.CLOSED) return;
    void look();
    setTimeout(() => source === changes && follow(), RETRY_MS);
  });
}

/** One after the other; of several that wait one is enough. */
async function look() {
  looksAgain = isLooking;
  if (isLooking) return;
  isLooking = true;
  await bringUpToDate();
  setTimeout(() => {
    isLooking = false;
    if (looksAgain) void look();
  }, PACE_MS);
}

async function bringUpToDate() {
  const response = await fetch(location.href, { cache: "no-store" }).catch(() => undefined);
  // Signed out meanwhile: nothing of it stays in sight.
  if (response?.redirected) location.reload();
  if (!response?.ok) return;
  connection.hidden = true;
  const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("news");
  if (!next || next.innerHTML === drawn) return;
  // Whoever is marking something would have it taken from under their hands.
  if (getSelection()?.isCollapsed === false) return document.addEventListener("selectionchange", () => void look(), { once: true });
  drawn = next.innerHTML;
  tell(next);
  replaceNews(next);
  setUp();
}

/** @param {HTMLElement} next */
function tell(next) {
  const before = new Set(sayings(news));
  const fresh = sayings(next).filter((one) => !before.has(one));
  const more = fresh.length > MOST_SAID ? ` ${fresh.length - MOST_SAID} more.` : "";
  told.textContent =
    fresh
      .slice(0, MOST_SAID)
      .map((one) => `${one.slice(one.indexOf(" ") + 1)}.`)
      .join(" ") + more;
}

/** @param {HTMLElement} within What is said of each deploy, behind its id. */
function sayings(within) {
  return [...within.querySelectorAll("[data-said]")].map((one) => `${one.id} ${one.getAttribute("data-said")}`);
}

/**
 * Keeps what was folded, and the focus where it was.
 * @param {HTMLElement} next
 */
function replaceNews(next) {
  for (const details of news.querySelectorAll("details")) {
    const other = next.querySelector(`#${CSS.escape(details.id)}`);
    if (other instanceof HTMLDetailsElement) other.open = details.open;
  }
  const at = news.contains(document.activeElement) ? placeOf(document.activeElement) : undefined;
  news.replaceChildren(...next.childNodes);
  const again =
    at === undefined ? undefined : [...news.querySelectorAll("a, summary, pre, button, li[id]")].find((one) => placeOf(one) === at);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/**
 * What it is, and in which deploy.
 * @param {Element | null} one
 */
function placeOf(one) {
  const within = one?.closest(".timeline > li")?.id;
  return [within, one?.nodeName, one?.getAttribute("href"), one?.getAttribute("data-copy")].join(" ");
}

function setUp() {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of news.querySelectorAll("time:not([title])")) {
    time.setAttribute("title", time.textContent ?? "");
    time.textContent = format.format(new Date(time.getAttribute("datetime") ?? ""));
  }
  for (const button of news.querySelectorAll("[data-copy]")) setUpCopying(/** @type {HTMLElement} */ (button));
}

/** @param {HTMLElement} button */
function setUpCopying(button) {
  // Only pages that came over TLS, or from this machine, may write to the clipboard.
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = button.parentElement?.querySelector("code")?.textContent ?? "";
    const isCopied = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    told.textContent = isCopied ? "Copied" : "Select it to copy";
    // The words that are only heard stay behind it.
    if (button.firstChild) button.firstChild.textContent = told.textContent;
  });
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
