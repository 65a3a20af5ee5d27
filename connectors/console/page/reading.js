// @ts-check
/** For the reader: how far they have read, what came earlier, keys, copies. */
import { isAtEnd, writeTimes } from "./fragments.js";

/**
 * Tells the hub how far this person has read, while the end of the thread is in view.
 * @param {string} home
 * @param {string} thread
 */
export function markRead(home, thread) {
  let told = 0;
  const scroll = document.querySelector(".scroll");
  const newest = document.getElementById("newest");

  function look() {
    // Who may not write has read what the page was loaded with.
    if (!document.getElementById("composer")) return;
    if (document.visibilityState !== "visible" || !isAtEnd()) return;
    if (newest) newest.hidden = true;
    const last = /** @type {HTMLElement | null | undefined} */ (document.getElementById("conversation")?.lastElementChild);
    const upTo = Number(last?.dataset["n"] ?? 0);
    if (upTo <= told) return;
    const before = told;
    told = upTo;
    const body = JSON.stringify({ thread, upTo });
    fetch(`${home}/read`, { method: "POST", body, headers: { "content-type": "application/json" } })
      .then((response) => response.ok || Promise.reject(new Error("not taken")))
      // Told again with the next change or look.
      .catch(() => (told = Math.min(told, before)));
  }

  scroll?.addEventListener("scroll", look, { passive: true });
  document.addEventListener("visibilitychange", look);
  newest?.addEventListener("click", () => scroll?.scrollTo({ top: 0 }));
  look();
  return { look };
}

/** Earlier messages come into this page rather than in place of it. */
export function loadEarlier() {
  const list = document.querySelector(".conversation");
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("#earlier") : null;
    if (!(link instanceof HTMLAnchorElement) || !list || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    fetch(link.href, { headers: { accept: "text/html" } })
      .then((response) => (response.ok ? response.text() : Promise.reject(new Error("no page"))))
      .then((text) => {
        const page = new DOMParser().parseFromString(text, "text/html");
        const first = list.firstElementChild;
        const earlier = [...(page.querySelector(".conversation")?.children ?? [])].map((element) => document.importNode(element, true));
        list.prepend(...earlier);
        writeTimes(list);
        const next = page.querySelector("#earlier");
        if (next) link.setAttribute("href", next.getAttribute("href") ?? "");
        else link.closest(".more")?.remove();
        first?.scrollIntoView({ block: "start" });
        const reached = earlier.at(-1);
        if (reached instanceof HTMLElement) reached.focus({ preventScroll: true });
      })
      .catch(() => location.assign(link.href));
  });
}

/** `j` and `k` go from message to message, and from thread to thread, while the focus is among them. */
export function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.matches("input, textarea, select")) return;
    const step = { j: 1, k: -1 }[event.key];
    const list = target.closest(".threads, .conversation") ?? (target.matches(".scroll") ? document.querySelector(".conversation") : null);
    if (step === undefined || !list) return;
    const items = [...list.children];
    const now = items.findIndex((item) => item.contains(target));
    const next = items[now === -1 ? items.length - 1 : now + step];
    const goal = next?.querySelector(":scope > a") ?? next;
    if (goal instanceof HTMLElement) goal.focus();
    event.preventDefault();
  });
}

export function offerCopies() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
    const text = button?.parentElement?.querySelector("code")?.textContent;
    if (!(button instanceof HTMLElement) || text == null) return;
    /** @param {string} word */
    const say = (word) => {
      button.textContent = word;
      setTimeout(() => (button.textContent = "Copy"), 2000);
    };
    // Only pages that came over TLS, or from this machine, may write to the clipboard.
    const written = navigator.clipboard ? navigator.clipboard.writeText(text) : Promise.reject(new Error("no clipboard"));
    written.then(
      () => say("Copied"),
      () => say("Select and copy"),
    );
  });
}
