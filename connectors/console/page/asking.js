// @ts-check
/** Approvals and questions answered in place. Without this their forms do the same with a new page. */
import { insist, newId } from "./calls.js";

/** @param {string} home */
export function takeActions(home) {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("act" in form.dataset)) return;
    event.preventDefault();
    void press(home, form, event.submitter);
  });
}

/**
 * @param {string} home
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
async function press(home, form, button) {
  const told = form.querySelector(".told");
  const buttons = form.querySelectorAll("button");
  const fields = [...new FormData(form, button)].filter((field) => typeof field[1] === "string" && field[1] !== "");
  const sent = Object.fromEntries(fields.filter(([name]) => !name.startsWith("value.") && name !== "at"));
  const values = Object.fromEntries(fields.flatMap(([name, value]) => (name.startsWith("value.") ? [[name.slice(6), value]] : [])));
  for (const one of buttons) one.disabled = true;
  if (told) told.textContent = "Sending …";
  const { problem, privateText } = await insist(`${home}/actions`, JSON.stringify({ ...sent, values, clientId: newId() }), {
    type: "application/json",
    onWait() {
      if (told) told.textContent = "The hub does not answer; trying again …";
      return form.isConnected;
    },
  });
  // The card itself changes when the hub has decided; its form is gone then.
  if (told) told.textContent = problem ?? privateText ?? "";
  told?.classList.toggle("refused", problem !== undefined);
  for (const one of buttons) one.disabled = one.hidden === true;
  const news = document.getElementById("news");
  if (news && !form.isConnected) news.textContent = problem ?? privateText ?? "";
}
