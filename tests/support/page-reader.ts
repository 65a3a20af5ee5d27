/** Reads the console's page as a browser without script, and its live updates as the page's script applies them. */
import type { Caller, Connector } from "../../src/contract/connector.ts";
import type { Change } from "../../connectors/console/page/live.ts";
import { readServerEvents } from "../../src/server-events.ts";
import { call } from "./harnesses/console.ts";

export const HTML = { headers: { accept: "text/html" } };

export async function readPage(connector: Connector, path = "", caller?: Caller): Promise<string> {
  const response = await call(connector, path, HTML, caller);
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
  return response.text();
}

/** The form of the page, sent without script. Gives where it leads. */
export async function submit(connector: Connector, path: string, fields: Record<string, string>, caller?: Caller): Promise<string> {
  const body = new URLSearchParams(fields);
  const response = await call(connector, path, { method: "POST", body, ...HTML }, caller);
  if (response.status !== 303) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.headers.get("location") ?? "";
}

/** The messages of a page, white space between tags apart. */
export function conversationOf(page: string): string {
  const [, inside = ""] = /<ol id="conversation"[^>]*>(.*?)<\/ol>\s*<div id="under-way">/s.exec(page) ?? [];
  return tidy(inside);
}

export const tidy = (html: string): string => html.replace(/>\s+</g, "><").trim();

export interface LivePage {
  /** Takes changes until the page is as wanted. */
  until(isReached: (page: LivePage) => boolean): Promise<void>;
  conversation(): string;
  element(id: string): string | undefined;
  /** All there were, in order. */
  readonly changes: Change[];
  /** Ids of the threads, first to last. */
  threads(): string[];
  readonly lastId: () => string | undefined;
  leave(): Promise<void>;
}

/** Opens the live updates after the entry `after`; `place` is the page they begin with. */
export async function openLivePage(
  connector: Connector,
  { query = "?thread=main&after=0", lastId, caller }: { query?: string; lastId?: string; caller?: Caller } = {},
): Promise<LivePage> {
  const headers = lastId === undefined ? {} : { "last-event-id": lastId };
  const response = await call(connector, `live${query}`, { headers }, caller);
  if (response.body === null || response.status !== 200) throw new Error(`the live updates answered ${response.status}`);
  const events = readServerEvents(response.body);
  const lists: Record<string, Map<string, string>> = { conversation: new Map(), threads: new Map(), "under-way": new Map() };
  const changes: Change[] = [];
  let seen = lastId;

  function apply(change: Change): void {
    changes.push(change);
    for (const fragment of change.fragments) {
      const holder = Object.values(lists).find((list) => list.has(fragment.id));
      if (fragment.do === "remove") holder?.delete(fragment.id);
      else if (holder !== undefined && !fragment.first) holder.set(fragment.id, fragment.html);
      else if (fragment.into !== undefined) {
        const list = lists[fragment.into] ?? new Map<string, string>();
        const rest = [...list].filter(([id]) => id !== fragment.id);
        lists[fragment.into] = new Map(fragment.first ? [[fragment.id, fragment.html], ...rest] : [...rest, [fragment.id, fragment.html]]);
      }
    }
  }

  const page: LivePage = {
    changes,
    async until(isReached) {
      while (!isReached(page)) {
        const { value, done } = await events.next();
        if (done) throw new Error("the live updates ended");
        if (value.id !== undefined && value.id !== "") seen = value.id;
        if (value.data !== "") apply(JSON.parse(value.data) as Change);
      }
    },
    conversation: () => tidy([...(lists["conversation"]?.values() ?? [])].join("")),
    element: (id) =>
      Object.values(lists)
        .find((list) => list.has(id))
        ?.get(id),
    threads: () => [...(lists["threads"]?.keys() ?? [])],
    lastId: () => seen,
    leave: async () => void (await events.return?.(undefined)),
  };
  return page;
}
