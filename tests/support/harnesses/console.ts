/** The console is its own platform: the person of this harness uses its real HTTP face. */
import { Keyv } from "keyv";
import { z } from "zod";
import consoleDefinition from "../../../connectors/console/definition.ts";
import { feedEvent, type FeedEvent, type ShownMessage, shownMessage, threadList } from "../../../connectors/console/entry.ts";
import { readServerEvents } from "../../../src/server-events.ts";
import { systemClock } from "../../../src/clock.ts";
import type { Caller, Connector, ConnectorContext, ConnectorDefinition, Files } from "../../../src/contract/connector.ts";
import type { ConnectorHarness, Rig, Shown } from "../../../src/testing/kit.ts";

const PERSON: Caller = { type: "person", personId: "per_ada", name: "Ada", assurance: "platform" };
const OTHER: Caller = { type: "person", personId: "per_bob", name: "Bob", assurance: "platform" };

const harness: ConnectorHarness = { kind: "console", setUp: async () => createRig(consoleDefinition, new Keyv()) };
export default harness;

/** Over any connector that has the console's face. */
export async function createRig(definition: ConnectorDefinition, state: Keyv): Promise<Rig> {
  const connector = createConsole(state, undefined, noFiles, { definition });
  await connector.start?.();
  let count = 0;
  let last = { text: "", clientId: "" };

  return {
    connector,
    async say(text, { threadId, again = false } = {}) {
      if (!again) last = { text, clientId: `client-${(count += 1)}` };
      return { acknowledged: (await post(connector, "messages", { ...last, thread: threadId })).status === 202 };
    },
    press: async (subject, choice) => ({
      acknowledged: (await post(connector, "actions", { subject, choice, clientId: `press-${(count += 1)}` })).status === 202,
    }),
    shown: () => shownTo(connector, PERSON),
    shownToOthers: () => shownTo(connector, OTHER),
    notified: async (messageId) => (await messagesOf(connector, PERSON)).find((one) => one.messageId === messageId)?.mentions ?? [],
    async glimpsed(work) {
      const seen = readFeed(connector, PERSON);
      await seen.next();
      await work();
      const { value } = await seen.next();
      await seen.return(undefined);
      if (value?.type === "delta") return [{ text: value.text }];
      return value?.type === "typing" ? [{ typing: true }] : [];
    },
    async turnEnds() {
      const ends = (await everything(connector)).filter((event) => event.type === "turn_end");
      return ends.map(({ trace }) => trace ?? "");
    },
    restart: () => createRig(definition, state),
    end: () => connector.close(),
  };
}

export interface ConsoleContext extends Pick<ConnectorContext, "rights" | "hideSecrets"> {
  readonly definition?: ConnectorDefinition;
}

export function createConsole(state: Keyv, config?: unknown, files: Files = noFiles, more: ConsoleContext = {}): Connector {
  const { definition = consoleDefinition, ...given } = more;
  const silent = (): void => {};
  const log = { info: silent, warn: silent, error: silent };
  const context = {
    account: "console",
    state,
    now: systemClock.now,
    setTimer: systemClock.setTimer,
    log,
    files,
    secrets: { get: () => undefined },
    isBound: async () => false,
    caughtUp: silent,
    ...given,
  };
  return definition.factory(config, context);
}

/** For what has nothing to do with files. */
const noFiles: Files = {
  maxBytes: 0,
  keep: () => Promise.reject(new Error("this console has no folder of files")),
  open: () => Promise.reject(new Error("this console has no folder of files")),
};

/** One request to the console's HTTP face, as the hub's door hands it on. */
export function call(connector: Connector, path: string, init?: RequestInit, caller: Caller = PERSON): Promise<Response> {
  if (connector.http === undefined) throw new Error("the console has an HTTP face");
  const url = new URL(`http://hub.example.internal/connectors/console/${path}`);
  return connector.http(new Request(url, init), `/${path.split("?")[0]}`, caller);
}

export function post(connector: Connector, path: string, body: unknown, caller?: Caller): Promise<Response> {
  return call(connector, path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }, caller);
}

async function messagesOf(connector: Connector, viewer: Caller): Promise<ShownMessage[]> {
  const { threads } = threadList.parse(await (await call(connector, "threads", {}, viewer)).json());
  const pages = await Promise.all(
    threads.map(async ({ id }) => {
      const page = await (await call(connector, `threads/${id}?limit=200`, {}, viewer)).json();
      return z.object({ messages: z.array(shownMessage) }).parse(page).messages;
    }),
  );
  return pages
    .flat()
    .filter(({ from }) => from === "hub")
    .sort((a, b) => a.n - b.n);
}

async function shownTo(connector: Connector, viewer: Caller): Promise<Shown[]> {
  return (await messagesOf(connector, viewer)).map(({ messageId, threadId, text, card, reactions = [] }) => ({
    messageId,
    threadId,
    text,
    hasButtons: card !== undefined,
    reactions,
  }));
}

/** Events of the feed from `after` on, or from now. Ends when the connector closes. */
export async function* readFeed(connector: Connector, viewer: Caller = PERSON, after?: number): AsyncGenerator<FeedEvent, undefined> {
  const response = await call(connector, `feed${after === undefined ? "" : `?after=${after}`}`, {}, viewer);
  if (response.body === null) throw new Error("a feed has a body");
  for await (const { data } of readServerEvents(response.body)) yield feedEvent.parse(JSON.parse(data));
  return undefined;
}

/** All entries there are just now. */
async function everything(connector: Connector): Promise<FeedEvent[]> {
  const { n: head } = z.object({ n: z.number() }).parse((await readFeed(connector).next()).value);
  const events: FeedEvent[] = [];
  if (head === 0) return events;
  for await (const event of readFeed(connector, PERSON, 0)) {
    events.push(event);
    if (event.type !== "ready" && "n" in event && event.n >= head) break;
  }
  return events;
}
