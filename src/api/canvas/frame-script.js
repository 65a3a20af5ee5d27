/**
 * The only script that a frame's policy lets run as it stands. It takes away what no policy stops (WebRTC reaches any address that a script
 * names), and then runs the page's own scripts and handlers. A frame within the frame is under the same policy: it may hold this script, and
 * then has lost the same; any other does not run there. So there is no secret in here, and nothing to guess.
 */
(() => {
  for (const name of Object.getOwnPropertyNames(window)) if (/RTC/.test(name)) delete (/** @type {any} */ (window)[name]);

  /** Runs code where all that was declared so far is known, as one script of a page knows the others. @type {(code: string) => any} */
  // oxlint-disable-next-line no-eval -- the agent's own code, in the agent's own frame
  let run = globalThis.eval;
  /** @type {HTMLScriptElement | undefined} */
  let current;

  /** @param {HTMLScriptElement} script */
  function play(script) {
    const { type, text } = script;
    if (script.src !== "" || !["", "text/javascript", "application/javascript", "module"].includes(type)) return;
    current = script;
    try {
      if (type === "module") run(`(async function () {"use strict";${text}\n}).call(undefined)`).catch(reportError);
      else run = run(`${text}\n;((code) => eval(code))`);
    } catch (thrown) {
      reportError(thrown);
    }
    current = undefined;
  }

  /** @param {Element} element */
  function wire(element) {
    for (const { name, value } of element.attributes)
      if (name.startsWith("on"))
        try {
          Object.assign(element, { [name]: run(`(function (event) {${value}\n})`) });
        } catch (thrown) {
          reportError(thrown);
        }
  }

  /** @param {Node} root */
  function wireAll(root) {
    if (!(root instanceof Element)) return;
    for (const element of [root, ...root.querySelectorAll("*")]) wire(element);
  }

  /** What is written while a script runs stands where that script does. @param {...string} parts */
  function write(...parts) {
    if (current) current.insertAdjacentHTML("beforebegin", parts.join(""));
    else document.body.insertAdjacentHTML("beforeend", parts.join(""));
  }

  function begin() {
    Object.defineProperty(document, "currentScript", { get: () => current ?? null });
    Object.assign(document, { write, writeln: write });
    for (const script of document.querySelectorAll("script")) play(script);
    wireAll(document.documentElement);
    new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach(wireAll))).observe(document, {
      childList: true,
      subtree: true,
    });
  }

  // Before those who wait for the document to be ready are told.
  document.addEventListener("readystatechange", () => document.readyState === "interactive" && begin());
})();

/** Tells the page around it how tall this one is. A frame within the frame is the business of its own page. */
(() => {
  if (parent !== top) return;
  const tell = () => {
    let lowest = 0;
    for (const element of document.querySelectorAll("*")) lowest = Math.max(lowest, element.getBoundingClientRect().bottom);
    parent.postMessage(Math.ceil(lowest + scrollY), "*");
  };
  document.addEventListener("DOMContentLoaded", () => new ResizeObserver(tell).observe(document.documentElement));
})();
