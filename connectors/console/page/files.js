// @ts-check
/** Files chosen, dropped or pasted: each is sent up at once, and named with the next message. One that failed stays in the list and says so. */
import { sendUp } from "./upload.js";

/**
 * @typedef {object} Chosen
 * @property {File} file
 * @property {HTMLElement} item
 * @property {AbortController} stopper
 * @property {Promise<string | undefined>} [id] undefined when it could not be sent up
 */

/**
 * `take` gives the ids and names of what was chosen and forgets them; undefined when one could not be sent up.
 * @param {{ home: string, form: HTMLFormElement, say: (text: string, isRefused: boolean) => void }} parts
 * @returns {{ count: () => number, take: () => Promise<{ ids: string[], names: string[] } | undefined> }}
 */
export function takeFiles({ home, form, say }) {
  const list = document.getElementById("chosen");
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById("files"));
  /** @type {Set<Chosen>} */
  const chosen = new Set();

  /** @param {Iterable<File>} files */
  function add(files) {
    say("", false);
    for (const file of files) {
      const item = document.createElement("li");
      list?.append(item);
      /** @type {Chosen} */
      const one = { file, item, stopper: new AbortController() };
      chosen.add(one);
      one.id = begin(one);
    }
  }

  /** @param {Chosen} one */
  async function begin(one) {
    const { file, item } = one;
    const words = document.createElement("span");
    words.className = "where";
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", `Sending ${file.name}`);
    bar.max = 1;
    item.className = "sending";
    item.replaceChildren(
      textOf("name", file.name),
      words,
      bar,
      button(`Remove ${file.name}`, "Remove", () => drop(one)),
    );
    try {
      const id = await sendUp(`${home}/files`, file, {
        mostBytes: Number(form.dataset["mostBytes"]),
        signal: one.stopper.signal,
        onProgress(part) {
          bar.value = part;
          words.textContent = `${Math.floor(part * 100)} %`;
        },
      });
      item.className = "";
      bar.remove();
      words.textContent = "ready to send";
      return id;
    } catch (error) {
      item.className = "failed";
      bar.remove();
      words.textContent = error instanceof Error ? error.message : "";
      words.setAttribute("role", "alert");
      const again = () => {
        one.id = begin(one);
        document.getElementById("text")?.focus();
      };
      if (error instanceof Error && error.name !== "Refused") item.append(button(`Try ${file.name} again`, "Try again", again));
      return undefined;
    }
  }

  /** @param {Chosen} one */
  function drop(one) {
    one.stopper.abort();
    chosen.delete(one);
    one.item.remove();
    document.getElementById("text")?.focus();
  }

  input?.addEventListener("change", () => {
    add([...(input.files ?? [])]);
    input.value = "";
    document.getElementById("text")?.focus();
  });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    add([...files]);
  });
  takeDrops(form, add);

  return {
    count: () => chosen.size,
    async take() {
      const all = [...chosen];
      const ids = await Promise.all(all.map(({ id }) => id));
      const given = ids.flatMap((id) => id ?? []);
      // What was removed meanwhile is not missed; what came meanwhile waits for the next message.
      if (all.some((one, at) => chosen.has(one) && ids[at] === undefined)) return undefined;
      for (const one of all) {
        chosen.delete(one);
        one.item.remove();
      }
      return { ids: given, names: all.map(({ file }) => file.name) };
    },
  };
}

/**
 * Anywhere on the page: a browser would open what is dropped beside the box.
 * @param {HTMLFormElement} form
 * @param {(files: File[]) => void} add
 */
function takeDrops(form, add) {
  const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") === true;
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && form.classList.remove("dropping"));
  document.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    add([...(event.dataTransfer?.files ?? [])]);
  });
}

/**
 * @param {string} className
 * @param {string} text
 */
function textOf(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

/**
 * @param {string} label
 * @param {string} text
 * @param {() => void} press
 */
function button(label, text, press) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "quiet";
  element.textContent = text;
  element.setAttribute("aria-label", label);
  element.addEventListener("click", press);
  return element;
}
