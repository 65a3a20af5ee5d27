/** The console of the started hub, through its own door, with the local operator signed in by link and PIN as on the page. */
import { randomUUID } from "node:crypto";
import { pressables } from "../../../connectors/shared/press.ts";
import { type ShownMessage, threadList, threadPage } from "../../../connectors/console/entry.ts";
import { CHAT } from "../../../connectors/console/ids.ts";
import type { HubProcess } from "../hub-process.ts";
import type { Stand } from "./stand.ts";

const PIN = "739215";

/** `hub`: started by the time something is said or looked at. */
export function createConsoleStand(hub: () => HubProcess) {
  /** By the hub's address: a browser's cookie is for one port. */
  const cookies = new Map<string, Promise<string>>();

  async function signIn(...who: string[]): Promise<string> {
    const link = new URL(String((await hub().cli("open", ...who)).events[0]?.["url"]));
    const body = new URLSearchParams({ link: link.searchParams.get("link") ?? "", pin: PIN });
    const answer = await fetch(new URL("/sign-in", link), { method: "POST", body, redirect: "manual", headers: { origin: link.origin } });
    const [set = ""] = answer.headers.getSetCookie();
    if (set === "") throw new Error(`the console lets nobody in: ${answer.status} ${await answer.text()}`);
    return set.slice(0, set.indexOf(";"));
  }

  async function call(path: string, body?: object): Promise<unknown> {
    const { url } = await hub().address();
    const cookie = cookies.get(url) ?? signIn();
    cookies.set(url, cookie);
    const headers = { cookie: await cookie, origin: url, "content-type": "application/json" };
    const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(new URL(`/connectors/console${path}`, url), { headers, ...sent });
    if (!answer.ok) throw new Error(`the console answers ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }

  async function messages(): Promise<ShownMessage[]> {
    const { threads } = threadList.parse(await call("/threads"));
    const pages = await Promise.all(threads.map(async ({ id }) => threadPage.parse(await call(`/threads/${id}?limit=200`)).messages));
    return pages.flat().filter(({ from }) => from === "hub");
  }

  return {
    account: { kind: "console" },
    environment: { MOS_HUB_PIN: PIN },
    chat: CHAT,
    ann: undefined,
    /** The cookie of a browser in which somebody signs in. */
    signIn: (person: string) => signIn("--person", person, "--pin", PIN),
    /** In a thread of its own, which a mention opens elsewhere, or in one that is named. */
    say: async (text, thread: string = randomUUID()) => void (await call("/messages", { text, thread, clientId: randomUUID() })),
    async shown() {
      return (await messages()).map(({ messageId: id, threadId: thread, text, card, mentions: notified = [] }) => {
        const buttons = (card ? pressables(card) : []).map(({ label, url }) => ({ label, url }));
        return { chat: CHAT, id, thread, text, buttons, notified };
      });
    },
    async press({ id, thread }, label) {
      const card = (await messages()).find(({ messageId }) => messageId === id)?.card;
      const { subject, choice } = (card ? pressables(card) : []).find((one) => one.label === label)?.press ?? {};
      if (subject === undefined) throw new Error(`the console shows no button ${label} on ${id}`);
      // No answer comes when the hub dies of it.
      await call("/actions", { subject, choice, thread, clientId: randomUUID() }).catch((thrown: unknown) => {
        if (!(thrown instanceof TypeError)) throw thrown;
      });
    },
    close: async () => {},
  } satisfies Stand & { signIn: unknown };
}
