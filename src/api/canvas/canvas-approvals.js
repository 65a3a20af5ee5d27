/**
 * Approvals below a canvas: put in as the hub draws them, one by one, so that nobody's typing is lost because something else changed. Nothing of an
 * agent's is listened to here. A decision that has just come to where it stands is not taken until a person could have seen it.
 */
import { insist, localTimes, post, wordsOf } from "./canvas-calls.js";

/** About as long as it takes to see that something moved and not to press. */
const SEEN_MS = 400;

const section = /** @type {HTMLElement} */ (document.querySelector("#approvals"));
const list = /** @type {HTMLElement} */ (section.querySelector(".cards"));

/** What of each card came from the hub, without what was typed into it since. @type {WeakMap<Element, string>} */
const sources = new WeakMap();

/** When something last moved or changed, in ms of this page. */
let movedAt = 0;

export function watchApprovals() {
  // Whatever moves the buttons, a new version above them too, changes one of these.
  const sizes = new ResizeObserver(() => (movedAt = performance.now()));
  for (const part of document.querySelectorAll(".news, main, #approvals")) sizes.observe(part, { box: "border-box" });
  list.addEventListener("click", refuseMoved, { capture: true });
  list.addEventListener("submit", (event) => void decide(event));
}

/** @param {string} drawn By the hub, which escapes every word in it. */
export function takeApprovals(drawn) {
  movedAt = performance.now();
  const sheet = document.createElement("template");
  sheet.innerHTML = drawn;
  const cards = [...sheet.content.children];
  const gone = [...list.children].filter((card) => cards.every(({ id }) => id !== card.id));
  for (const card of gone) card.remove();
  for (const [at, card] of cards.entries()) {
    const put = replaced(card);
    if (list.children[at] !== put) list.insertBefore(put, list.children[at] ?? null);
  }
  section.hidden = cards.length === 0;
}

/** The card as it stands when nothing of it has changed, else the new one in its place. @param {Element} card */
function replaced(card) {
  const before = [...list.children].find(({ id }) => id === card.id);
  const source = card.outerHTML;
  if (before && sources.get(before) === source) return before;
  sources.set(card, source);
  localTimes(card);
  if (!before) return card;
  const focused = before.contains(document.activeElement) ? document.activeElement?.getAttribute("name") : undefined;
  for (const field of before.querySelectorAll("input")) {
    const same = /** @type {HTMLInputElement | null} */ (card.querySelector(`input[name="${field.name}"]`));
    if (same) same.value = field.value;
  }
  const [old, told] = [before, card].map((one) => one.querySelector(".told"));
  // What was said of a try; of what is settled the card says all.
  if (old && told && card.querySelector("form")) told.replaceWith(old);
  before.replaceWith(card);
  if (focused) /** @type {HTMLElement | null} */ (card.querySelector(`input[name="${focused}"]`))?.focus();
  return card;
}

/** A press by keyboard goes where the focus is, which does not move away from its button. @param {MouseEvent} event */
function refuseMoved(event) {
  const button = event.target instanceof Element ? event.target.closest("button[name=verdict]") : null;
  if (!button || event.detail === 0 || performance.now() - movedAt > SEEN_MS) return;
  event.preventDefault();
  // The second half of a double click is of the same press.
  if (event.detail > 1) return;
  tell(button.closest("article")?.id ?? "", "This has just moved, so nothing was decided. Press again if you mean it.", "problem");
}

/** @param {SubmitEvent} event */
async function decide(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const pressed = /** @type {HTMLButtonElement | null} */ (event.submitter);
  const approval = form.dataset["approval"] ?? "";
  // Enter in a field is no decision.
  if (pressed?.name !== "verdict" || form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  tell(approval, "Sending…");
  try {
    const typed = Object.fromEntries(new FormData(form));
    const { said } = await (await insist(post("decide", { ...typed, approval, verdict: pressed.value }))).json();
    tell(approval, said);
  } catch (thrown) {
    tell(approval, wordsOf(thrown), "problem");
  }
  form.ariaBusy = null;
}

/** At the card as it is by now, which may be another one than was pressed. @param {string} id @param {string} words @param {string} [kind] */
function tell(id, words, kind = "") {
  const told = [...list.children].find((card) => card.id === id)?.querySelector(".told");
  if (!told) return;
  told.className = `told ${kind}`;
  told.textContent = words;
}
