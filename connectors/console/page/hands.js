// @ts-check
/**
 * Keeps the page still under a person's hands: while a finger or a button is down nothing changes, and a decision that has just moved is not
 * taken until a person could have seen where it went. A press decides what was under it when it was meant, or nothing.
 */

/** About as long as it takes to see that something moved and not to press. */
const SEEN_MS = 400;
/** After a finger is lifted its click may still be on the way. */
const CLICK_MS = 100;
/** Less than that is no other button. */
const SLACK_PX = 3;

let isDown = false;
/** @type {number | undefined} */
let lifting;
/** @type {(() => void)[]} */
const waiting = [];

export function watchHands() {
  addEventListener("pointerdown", () => {
    clearTimeout(lifting);
    isDown = true;
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) {
    addEventListener(end, () => {
      clearTimeout(lifting);
      lifting = setTimeout(lift, CLICK_MS);
    });
  }
  document.addEventListener("click", refuseMoved, { capture: true });
}

/**
 * Changes the page now, or as soon as no hand is on it; in the order asked.
 * @param {() => void} change
 */
export function whenStill(change) {
  if (isDown) waiting.push(change);
  else holdMoved(change);
}

function lift() {
  isDown = false;
  holdMoved(() => {
    for (const change of waiting.splice(0)) change();
  });
}

/** @param {() => void} change */
function holdMoved(change) {
  const before = new Map([...decisions()].map((button) => [button, button.getBoundingClientRect().top]));
  change();
  for (const button of decisions()) {
    const was = before.get(button);
    if (was === undefined || Math.abs(button.getBoundingClientRect().top - was) > SLACK_PX) hold(button);
  }
}

/** @type {WeakMap<Element, number>} */
const holds = new WeakMap();

/** @param {Element} button */
function hold(button) {
  clearTimeout(holds.get(button));
  // Not `disabled`, which would take the focus from it.
  button.setAttribute("aria-disabled", "true");
  holds.set(
    button,
    setTimeout(() => button.removeAttribute("aria-disabled"), SEEN_MS),
  );
}

/**
 * A press by keyboard goes where the focus is, which does not move away from its button.
 * @param {MouseEvent} event
 */
function refuseMoved(event) {
  const button = event.target instanceof Element ? event.target.closest("[data-act] button[aria-disabled=true]") : null;
  if (!button || event.detail === 0) return;
  event.preventDefault();
  event.stopPropagation();
  const told = button.closest("form")?.querySelector(".told");
  if (told) told.textContent = "This has just moved, so nothing was decided. Press again if you mean it.";
}

const decisions = () => document.querySelectorAll("[data-act] button[name=choice]");
