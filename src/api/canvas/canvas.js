/**
 * A canvas in a browser: takes the secret out of the address, trades it for a cookie, and shows what it opens. What the hub draws is put in as
 * it comes: every word in it is escaped there, and the page runs no inline script.
 */
import { takeApprovals, watchApprovals } from "./canvas-approvals.js";
import { base, insist, localTimes, post, wordsOf } from "./canvas-calls.js";

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const news = /** @type {HTMLElement} */ (document.querySelector(".news"));

/** The number on show; undefined before anything is. @type {number | undefined} */
let revision;

async function begin() {
  const link = location.hash.slice(1);
  // Neither the history nor a glance over the shoulder needs it any more.
  if (link !== "") history.replaceState(null, "", location.pathname);
  // Also where it has been opened before: somebody may have signed in since.
  await insist(post("open", { link }));
  await show();
  watch();
}

/** @param {number} [number] */
async function show(number) {
  const response = await insist(fetch(`${base}/view${number === undefined ? "" : `?revision=${number}`}`));
  main.innerHTML = await response.text();
  main.removeAttribute("aria-busy");
  document.title = `${main.querySelector("h1")?.textContent ?? "Canvas"} · mos-hub`;
  localTimes(main);
  for (const button of main.querySelectorAll("[data-revision].link"))
    button.addEventListener("click", () => void show(Number(button.getAttribute("data-revision"))).catch(tell));
  main.querySelector("form")?.addEventListener("submit", (event) => void send(event));
}

function watch() {
  watchApprovals();
  addEventListener("message", fit);
  const events = new EventSource(`${base}/events`);
  events.addEventListener("revision", ({ data }) => void take(Number(data)).catch(tell));
  events.addEventListener("approvals", ({ data }) => takeApprovals(JSON.parse(data)));
  events.addEventListener("ended", () => {
    events.close();
    main.replaceChildren();
    takeApprovals("");
    insist(fetch(`${base}/view`)).catch(tell);
  });
}

/** Makes the frame as tall as its page says it is: a number of its own frame, within what the style allows. Growing only, so that it comes to rest. */
function fit(/** @type {MessageEvent} */ { source, data }) {
  const frame = main.querySelector("iframe");
  if (!frame || source !== frame.contentWindow || typeof data !== "number" || !(data > Number(frame.dataset["height"] ?? 0))) return;
  frame.dataset["height"] = String(data);
  frame.style.height = `${data + frame.offsetHeight - frame.clientHeight}px`;
}

/** What somebody is filling in is never taken from under their hands. @param {number} latest */
async function take(latest) {
  const before = revision;
  revision = latest;
  if (before === undefined || before === latest) return;
  const isTouched = [...main.querySelectorAll("input, select, textarea")].some((field) => "value" in field && field.value !== "");
  if (!isTouched) {
    await show();
    news.textContent = "There is a newer version; this is it.";
    return;
  }
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: "Show it" });
  button.addEventListener("click", () => {
    news.textContent = "";
    void show().catch(tell);
  });
  news.replaceChildren("There is a newer version. ", button);
}

/** @param {SubmitEvent} event */
async function send(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const told = /** @type {HTMLElement} */ (form.querySelector(".told"));
  // The same however often it is tried.
  form.dataset["sending"] ??= uuid();
  const values = Object.fromEntries(
    [...new FormData(form)].flatMap(([name, value]) =>
      name.startsWith("value.") && typeof value === "string" && value !== "" ? [[name.slice(6), value]] : [],
    ),
  );
  const pressed = /** @type {HTMLButtonElement} */ (event.submitter);
  const buttons = [...form.querySelectorAll("button")];
  for (const button of buttons) button.disabled = true;
  told.className = "told";
  told.textContent = "Sending…";
  try {
    const body = { id: form.dataset["sending"], revision: Number(form.dataset["revision"]), button: pressed.value, values };
    await insist(post("submit", body));
    told.textContent = "Sent. The answer comes in the conversation.";
  } catch (thrown) {
    told.className = "told problem";
    told.textContent = wordsOf(thrown);
    for (const button of buttons) button.disabled = false;
  }
}

/** Also where the page is no secure context, which has no `randomUUID`. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** @param {unknown} thrown */
function tell(thrown) {
  main.removeAttribute("aria-busy");
  main.hidden = main.querySelector("h1") === null;
  news.className = "news problem";
  news.textContent = wordsOf(thrown);
}

begin().catch(tell);
