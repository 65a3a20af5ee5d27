// @ts-check
/** Puts ready-made HTML into the page where the server says, and keeps what the reader has under their hands: focus, folds, the place. */

/**
 * @typedef {{ do: "put", id: string, html: string, into?: string, first?: true } | { do: "remove", id: string }} Fragment
 */

/** Elements kept before the oldest are let go, while the reader is at the end. */
const MOST_MESSAGES = 400;
const FEWEST_MESSAGES = 200;

/** @param {readonly Fragment[]} fragments */
export function apply(fragments) {
  const wasAtEnd = isAtEnd();
  let isNew = false;
  for (const fragment of fragments) {
    if (fragment.do === "remove") document.getElementById(fragment.id)?.remove();
    else if (put(fragment) && fragment.into === "conversation") isNew = true;
  }
  if (wasAtEnd) {
    forgetOldest();
    // A browser keeps what is in view where it is as soon as the end is a pixel away.
    document.querySelector(".scroll")?.scrollTo({ top: 0 });
  }
  const newest = document.getElementById("newest");
  if (newest && isNew && !wasAtEnd) newest.hidden = false;
}

/**
 * True when the element was not there before.
 * @param {Extract<Fragment, { do: "put" }>} fragment
 */
function put({ id, html, into, first }) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const element = template.content.firstElementChild;
  const before = document.getElementById(id);
  const list = into === undefined ? null : document.getElementById(into);
  if (!(element instanceof HTMLElement) || (!before && !list)) return false;
  writeTimes(element);
  if (!before) {
    if (first) list?.prepend(element);
    else list?.append(element);
    return true;
  }
  const focused = before.contains(document.activeElement) ? pathTo(before, document.activeElement) : undefined;
  become(before, element);
  if (first && list?.firstElementChild !== before) list?.prepend(before);
  if (focused !== undefined && !before.contains(document.activeElement)) at(before, focused).focus({ preventScroll: true });
  return false;
}

/** What the reader or a script of this page has set, and the server does not know. */
const OWN_ATTRIBUTES = ["open", "disabled", "aria-disabled"];

/**
 * Makes `before` read as `after` does; what is in both stays the same node: a press, a selection and what is typed outlive the change.
 * @param {Element} before
 * @param {Element} after taken apart by this
 */
function become(before, after) {
  // Only scripts write there.
  if (before.classList.contains("told")) return;
  for (const { name } of Array.from(before.attributes)) {
    if (!after.hasAttribute(name) && !OWN_ATTRIBUTES.includes(name)) before.removeAttribute(name);
  }
  for (const { name, value } of after.attributes) if (before.getAttribute(name) !== value) before.setAttribute(name, value);
  /** @type {ChildNode | null} */
  let here = before.firstChild;
  for (const next of Array.from(after.childNodes)) {
    const same = next instanceof Element ? laterLike(here, next) : here instanceof Text ? here : undefined;
    if (!same) {
      before.insertBefore(next, here);
      continue;
    }
    while (here && here !== same) here = removed(here);
    if (same instanceof Element && next instanceof Element) become(same, next);
    else if (same.nodeValue !== next.nodeValue) same.nodeValue = next.nodeValue;
    here = same.nextSibling;
  }
  while (here) here = removed(here);
}

/**
 * The sibling that is the same thing as `wanted`: a state that is named after it in the class may be another.
 * @param {ChildNode | null} from
 * @param {Element} wanted
 * @returns {Element | undefined}
 */
function laterLike(from, wanted) {
  for (let node = from; node; node = node.nextSibling)
    if (node instanceof Element && node.nodeName === wanted.nodeName && node.id === wanted.id && node.classList[0] === wanted.classList[0])
      return node;
  return undefined;
}

/**
 * Gives what came after it.
 * @param {ChildNode} node
 */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/**
 * The positions that lead from `root` to an element inside.
 * @param {Element} root
 * @param {Element | null} element
 * @returns {number[]}
 */
function pathTo(root, element) {
  const path = [];
  for (let here = element; here && here !== root; here = here.parentElement)
    path.unshift(here.parentElement ? [...here.parentElement.children].indexOf(here) : 0);
  return path;
}

/**
 * The element at the end of the path, or the last one on it that there is.
 * @param {HTMLElement} root
 * @param {readonly number[]} path
 */
function at(root, path) {
  let here = root;
  for (const step of path) {
    const next = here.children[step];
    if (!(next instanceof HTMLElement)) break;
    here = next;
  }
  return here.tabIndex >= 0 ? here : root;
}

function forgetOldest() {
  const list = document.getElementById("conversation");
  if (!list || list.children.length <= MOST_MESSAGES) return;
  while (list.children.length > FEWEST_MESSAGES) list.firstElementChild?.remove();
  const oldest = /** @type {HTMLElement | null} */ (list.firstElementChild);
  const earlier = /** @type {HTMLAnchorElement | null} */ (document.getElementById("earlier"));
  if (earlier && oldest) earlier.search = `?before=${oldest.dataset["n"]}`;
}

/** The conversation grows from its end, so that the end is where nothing is scrolled. */
export function isAtEnd() {
  const scroll = document.querySelector(".scroll");
  return !scroll || Math.abs(scroll.scrollTop) < 60;
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/**
 * Times in the reader's own zone; the server writes them in UTC.
 * @param {ParentNode} root
 */
export function writeTimes(root) {
  const now = new Date();
  for (const element of root.querySelectorAll("time:not([title])")) {
    const when = new Date(element.getAttribute("datetime") ?? "");
    const isToday = when.toDateString() === now.toDateString();
    element.textContent = (isToday ? TIME : Math.abs(when.getTime() - now.getTime()) < 180 * 86_400_000 ? DAY : YEAR).format(when);
    element.setAttribute("title", WHOLE.format(when));
  }
}
