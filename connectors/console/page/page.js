// @ts-check
/** Makes a page of the console live: it can be read and used without this. Puts the parts together. */
import { takeActions } from "./asking.js";
import { startComposer } from "./composer.js";
import { writeTimes } from "./fragments.js";
import { follow } from "./follow.js";
import { watchHands } from "./hands.js";
import { listenForKeys, loadEarlier, markRead, offerCopies } from "./reading.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app") ?? document.body);
const home = app.dataset["home"] ?? "";
document.documentElement.classList.add("scripted");
writeTimes(document);
offerCopies();
listenForKeys();
watchHands();
takeActions(home);

/** What the server says of the conversation on this page; none on a list or a search. */
const conversation = app.dataset["conversation"];
if (conversation) {
  /** @type {{ thread: string, after: number }} */
  const { thread, after } = JSON.parse(conversation);
  const reading = markRead(home, thread);
  const composer = startComposer(home, thread);
  follow({
    url: `${home}/live?thread=${encodeURIComponent(thread)}`,
    after,
    title: app.dataset["title"] ?? "",
    onChange: reading.look,
    onConnected: composer.retry,
  });
  loadEarlier();
}
