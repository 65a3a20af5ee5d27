// @ts-check
/**
 * Writing and sending. What was sent is kept in this tab until the hub has taken or refused it, over reloads and while the hub is away;
 * so is what is still being written.
 */
import { insist, newId } from "./calls.js";
import { takeFiles } from "./files.js";
import { whenStill } from "./hands.js";

/** @typedef {{ clientId: string, text: string, files?: string[], names?: string[] }} Sent `names`: of the files */

const byId = (/** @type {string} */ id) => document.getElementById(id);

/**
 * @param {string} home
 * @param {string} thread
 */
export function startComposer(home, thread) {
  const form = /** @type {HTMLFormElement | null} */ (byId("composer"));
  const field = /** @type {HTMLTextAreaElement | null} */ (byId("text"));
  if (!form || !field) return { retry() {} };
  const draft = `draft:${home}:${thread}`;
  const files = takeFiles({ home, form, say: tell });
  const outbox = createOutbox({ home, thread, tell, giveBack });

  if (field.value === "") field.value = sessionStorage.getItem(draft) ?? "";
  fit(field);
  field.addEventListener("input", () => {
    sessionStorage.setItem(draft, field.value);
    fit(field);
  });
  field.addEventListener("keydown", (event) => {
    // On a phone Enter is the only way to begin a new line.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });
  let isGathering = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isGathering) void gather(field);
  });

  /** @param {HTMLTextAreaElement} box */
  async function gather(box) {
    if (box.value.trim() === "" && files.count() === 0) return tell("Write something, or attach a file.", false);
    isGathering = true;
    if (files.count() > 0) tell("Sent as soon as the files are up.", false);
    const taken = await files.take();
    isGathering = false;
    if (taken === undefined) return tell("Not sent: a file could not be taken. Remove it or try it again, then send.", true);
    const { ids, names } = taken;
    const text = box.value;
    if (text.trim() === "" && ids.length === 0) return tell("", false);
    outbox.add({ clientId: newId(), text, ...(ids.length > 0 ? { files: ids, names } : {}) });
    box.value = "";
    sessionStorage.removeItem(draft);
    fit(box);
    tell("", false);
  }

  /** @param {string} text */
  function giveBack(text) {
    if (!field || field.value !== "") return;
    field.value = text;
    sessionStorage.setItem(draft, text);
    fit(field);
  }

  outbox.begin();
  // A phone would open its keyboard over what there is to read.
  if (location.hash === "" && matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
  return { retry: outbox.nudge };
}

/**
 * @param {string} text
 * @param {boolean} isRefused
 */
function tell(text, isRefused) {
  const told = byId("told");
  if (!told) return;
  told.textContent = text;
  told.classList.toggle("refused", isRefused);
}

/** @param {HTMLTextAreaElement} field */
function fit(field) {
  if (!CSS.supports("field-sizing", "content")) field.rows = Math.min(8, field.value.split("\n").length);
}

/**
 * One message at a time is on its way, in the order written.
 * @param {{ home: string, thread: string, tell: (text: string, isRefused: boolean) => void, giveBack: (text: string) => void }} parts
 */
function createOutbox({ home, thread, tell, giveBack }) {
  const key = `sending:${home}:${thread}`;
  /** @type {Sent[]} */
  const waiting = JSON.parse(sessionStorage.getItem(key) ?? "[]");
  let isSending = false;
  let nudge = () => {};

  function keep() {
    sessionStorage.setItem(key, JSON.stringify(waiting));
    whenStill(() => byId("sending")?.replaceChildren(...waiting.map(pendingMessage)));
  }

  async function send() {
    if (isSending) return;
    isSending = true;
    for (let next = waiting[0]; next; next = waiting[0]) {
      const { names: _, ...message } = next;
      const { problem, privateText } = await insist(`${home}/messages`, JSON.stringify({ ...message, thread }), {
        type: "application/json",
        onWait(wake) {
          nudge = wake;
          byId("sending")?.classList.add("late");
          return true;
        },
      });
      byId("sending")?.classList.remove("late");
      waiting.shift();
      keep();
      if (problem !== undefined) giveBack(next.text);
      if (problem ?? privateText) tell(problem ?? privateText ?? "", problem !== undefined);
    }
    isSending = false;
  }

  return {
    /** @param {Sent} sent */
    add(sent) {
      waiting.push(sent);
      keep();
      void send();
      document.querySelector(".scroll")?.scrollTo({ top: 0 });
    },
    begin() {
      keep();
      void send();
    },
    nudge: () => nudge(),
  };
}

/** @param {Sent} sent */
function pendingMessage({ text, names = [] }) {
  const item = document.createElement("li");
  item.className = "message person mine pending";
  const body = document.createElement("div");
  body.className = "text";
  body.dir = "auto";
  body.textContent = [text, ...names].filter(Boolean).join("\n");
  const meta = document.createElement("footer");
  meta.className = "meta";
  meta.textContent = "Sending …";
  item.append(body, meta);
  return item;
}
