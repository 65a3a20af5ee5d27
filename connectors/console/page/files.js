// @ts-check
/** Files chosen, dropped or pasted: each is sent up at once, and named with the next message. */

/** @typedef {{ id: string, name: string, mimeType: string, sizeBytes: number }} Kept */

/**
 * `take` gives the ids of what was chosen and forgets them; undefined when one could not be sent up.
 * @param {{ home: string, form: HTMLFormElement, say: (text: string, isRefused: boolean) => void }} parts
 * @returns {{ take: () => Promise<string[] | undefined> }}
 */
export function takeFiles({ home, form, say }) {
  const list = document.getElementById("chosen");
  const input = /** @type {HTMLInputElement | null} */ (document.getElementById("files"));
  /** @type {Map<HTMLElement, Promise<Kept | undefined>>} */
  const chosen = new Map();
  /** @type {string[]} */
  let refused = [];

  /** @param {Iterable<File>} files */
  function add(files) {
    refused = [];
    for (const file of files) {
      const item = document.createElement("li");
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = file.name;
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "quiet";
      remove.textContent = "Remove";
      remove.setAttribute("aria-label", `Remove ${file.name}`);
      remove.addEventListener("click", () => drop(item));
      item.append(name, remove);
      list?.append(item);
      chosen.set(item, upload(file, item));
    }
  }

  /** @param {HTMLElement} item */
  function drop(item) {
    chosen.delete(item);
    item.remove();
    document.getElementById("text")?.focus();
  }

  /**
   * @param {File} file
   * @param {HTMLElement} item
   */
  async function upload(file, item) {
    const body = new FormData();
    body.append("file", file, file.name);
    item.classList.add("sending");
    try {
      const response = await fetch(`${home}/files`, { method: "POST", body });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.title);
      return /** @type {Kept | undefined} */ (answer.files[0]);
    } catch (error) {
      const why = error instanceof Error && error.name === "Error" ? error.message : "The hub does not answer.";
      refused.push(`${file.name} was not taken: ${why}`);
      say(refused.join("\n"), true);
      drop(item);
      return undefined;
    } finally {
      item.classList.remove("sending");
    }
  }

  input?.addEventListener("change", () => {
    add(input.files ?? []);
    input.value = "";
  });
  form.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    add(files);
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });

  return {
    async take() {
      const kept = await Promise.all(chosen.values());
      if (kept.includes(undefined)) return undefined;
      chosen.clear();
      list?.replaceChildren();
      return kept.flatMap((file) => (file ? [file.id] : []));
    },
  };
}
