/** A hub whose rehearsal agent shows canvases with approvals below them, and the browsers and programs that try to decide those, over HTTP. */
import { randomUUID } from "node:crypto";
import { createConsoleCalls } from "../../src/cli/chat/console-calls.ts";
import type { CanvasShare } from "../../src/contract/canvas.ts";
import { freePort } from "./free-port.ts";
import { until } from "./hub-process.ts";
import { PIN, startInProcess } from "./in-process-hub.ts";

type Card = Readonly<Record<string, unknown>>;
/** Headers that open this canvas as somebody. */
export type HubCaller = (canvas: Card) => Promise<Record<string, string>>;

export interface Review {
  readonly canvas: Card;
  readonly id: string;
  readonly code: string;
  /** Votes as whoever calls; `headers` and `body` in place of what the page sends. */
  decide(by: HubCaller, verdict: string, headers?: Record<string, string>, body?: Record<string, string>): Promise<Response>;
  /** The approval as the hub tells it. */
  state(): Promise<unknown>;
  /** What stands in the thread, as JSON. */
  thread(): Promise<string>;
}

/** What expires is asked without an environment; a review names its own, which `brief` is not. */
const CONFIG = `
operators:
  - { name: Anna, roles: [operator, approver] }
  - { name: Vi, roles: [viewer] }
approvals: { policies: [{ name: brief, when: { environment: brief }, expiry: 2s }] }
`;

export async function startDeciding() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const hub = await startInProcess(CONFIG, { MOS_HUB_PORT: `${port}`, MOS_HUB_PUBLIC_URL: url, REHEARSAL_PACE_MS: "0" });
  const calls = createConsoleCalls(hub.client, "/connectors/console");
  const say = (text: string, thread: string): Promise<unknown> => calls.post({ text, thread, clientId: randomUUID() });

  async function cardIn(thread: string, type: string): Promise<Card> {
    let found: Card | undefined;
    const isThere = async (): Promise<boolean> => {
      found = cardsOf(await calls.page(thread, 50)).findLast((card) => card["type"] === type);
      return found !== undefined;
    };
    await until(`${thread} shows a card of type ${type}`, isThere);
    return found ?? {};
  }

  function post(path: string, headers: Record<string, string>, body: unknown): Promise<Response> {
    const common = { "content-type": "application/json", origin: url };
    return fetch(`${url}${path}`, { method: "POST", headers: { ...common, ...headers }, body: JSON.stringify(body), redirect: "manual" });
  }

  /** A thread as a signed-in browser reads it. */
  const seen = async (thread: string, headers: Record<string, string>): Promise<unknown> =>
    (await fetch(`${url}/connectors/console/threads/${thread}`, { headers })).json();

  async function reviewed(thread: string): Promise<Review> {
    const [canvas, approval] = [await cardIn(thread, "canvas"), await cardIn(thread, "approval")];
    const [id, code] = [String(approval["id"]), String(approval["code"])];
    return {
      canvas,
      id,
      code,
      decide: async (by, verdict, headers = {}, body = {}) =>
        post(`/canvas/${String(canvas["id"])}/decide`, { ...(await by(canvas)), ...headers }, { approval: id, verdict, ...body }),
      state: () => hub.client.approvals.get(id),
      thread: async () => JSON.stringify(await calls.page(thread, 50)),
    };
  }

  /** A canvas of the agent's, and the one approval below it. */
  async function review(approvalClass: "red" | "critical_red"): Promise<Review> {
    const thread = randomUUID();
    await say(`review ${approvalClass}`, thread);
    return reviewed(thread);
  }

  /** What the agent shows, as its card tells it. */
  async function show(share: CanvasShare): Promise<Card> {
    const thread = randomUUID();
    await say(`show ${JSON.stringify(share)}`, thread);
    return cardIn(thread, "canvas");
  }

  /** One that waits for two seconds. */
  async function brief(): Promise<Review> {
    const thread = randomUUID();
    await say(`show ${JSON.stringify({ title: "What waits", content: { approvals: "waiting" } })}`, thread);
    await cardIn(thread, "canvas");
    await say("approve red", thread);
    return reviewed(thread);
  }

  /** With the cookie a browser gets for this canvas. */
  async function opened({ id }: Card, headers: Record<string, string>, link: string): Promise<Record<string, string>> {
    const answer = await post(`/canvas/${String(id)}/open`, headers, { link });
    if (answer.status !== 204) throw new Error(`opened with ${answer.status}: ${await answer.text()}`);
    return { ...headers, cookie: [headers["cookie"], cookieIn(answer)].filter(Boolean).join("; ") };
  }

  const byLink: HubCaller = (canvas) => opened(canvas, {}, secretIn(String(canvas["url"])));

  async function cookieOf(person: string): Promise<string> {
    const made = await hub.client.people.signInLink({ person, pin: PIN });
    const link = new URL(made.url).searchParams.get("link") ?? "";
    const form = { "content-type": "application/x-www-form-urlencoded", origin: url };
    return cookieIn(await fetch(`${url}/sign-in`, { method: "POST", headers: form, body: `link=${link}`, redirect: "manual" }));
  }

  /** A browser that somebody signed in on the hub. */
  async function signIn(person: string, { opens = true } = {}): Promise<HubCaller> {
    const cookie = await cookieOf(person);
    return async (canvas) => (opens ? opened(canvas, { cookie }, "") : { cookie });
  }

  /** A browser that opened it with a link given to an approver alone, and did not sign in. */
  const byOwnLink: HubCaller = async (canvas) => {
    const [cookie, thread] = [await cookieOf("Anna"), randomUUID()];
    const text = `!canvas ${String(canvas["code"])}`;
    await post("/connectors/console/messages", { cookie }, { text, thread, clientId: randomUUID() });
    let secret = "";
    await until("she has her link", async () => (secret = secretIn(JSON.stringify(await seen(thread, { cookie })))) !== "");
    return opened(canvas, {}, secret);
  };

  /** A program with a token that may do everything tokens may. */
  const byToken: HubCaller = async (canvas) => {
    const { token } = await hub.client.tokens.create({ name: randomUUID(), scopes: ["read", "chat", "ask", "admin"], days: 1 });
    return { ...(await byLink(canvas)), authorization: `Bearer ${token}` };
  };

  async function audit(subject: string) {
    return (await hub.client.audit.list(500)).entries.filter((entry) => entry.subject === subject);
  }

  const get = async (review_: Review, by: HubCaller, path: string): Promise<Response> =>
    fetch(`${url}/canvas/${String(review_.canvas["id"])}/${path}`, { headers: await by(review_.canvas) });

  return {
    url,
    client: hub.client,
    calls,
    show,
    post,
    seen,
    cookieOf,
    review,
    brief,
    byLink,
    byOwnLink,
    byToken,
    signIn,
    audit,
    get,
    end: hub.end,
  };
}

export const cookieIn = (answer: Response): string => answer.headers.get("set-cookie")?.split(";")[0] ?? "";
export const secretIn = (text: string): string => /\/canvas\/cnv_[\w-]+#([\w-]{43})/.exec(text)?.[1] ?? "";

/** Wherever they stand. */
function cardsOf(value: unknown): Card[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(cardsOf);
  return "type" in value && "id" in value ? [value as Card, ...inside] : inside;
}
