/** What programs post into chats: where it goes, and that it goes there once. */
import { createHash } from "node:crypto";
import { mayCall } from "../approvals/answer-calls.ts";
import { digestOf } from "../approvals/digest.ts";
import { HubError, known } from "../contract/errors.ts";
import { say } from "../contract/handler.ts";
import { type Address, newId, placeOf } from "../contract/ids.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import type { Row } from "../contract/tables.ts";
import type { KnownCaller } from "./callers.ts";
import type { ApiParts } from "./parts.ts";

export interface Target {
  readonly account?: string | undefined;
  readonly chat?: string | undefined;
  readonly thread?: string | undefined;
}

/** Default: the home chat of the first account. */
export function addressFor(
  { account: named, chat, thread }: Target,
  { connectors, homes }: { readonly connectors: ReadonlyMap<string, unknown>; readonly homes: readonly Address[] },
): Address {
  const account = named ?? [...connectors.keys()][0] ?? "";
  if (!connectors.has(account)) throw new HubError("not_found", { what: "account", id: account });
  const home = homes.find((address) => address.account === account);
  if (chat === undefined && !home) throw new HubError("bad_request", { problems: `chat: ${account} has no home chat, so name one` });
  return placeOf({ account, workspace: home?.workspace, chat: chat ?? home?.chat ?? "", thread }, homes);
}

/** Two programs that draw the same key mean two things. */
export function idFrom(prefix: string, { id }: KnownCaller, key: string): string {
  const digest = createHash("sha256").update(JSON.stringify([id, key]));
  return `${prefix}_${digest.digest("hex").slice(0, 32)}`;
}

interface Posted {
  readonly address: Address;
  readonly text: string;
  /** The same key of the same caller: the same message. */
  readonly key: string | undefined;
}

/** Says something in the hub's own name: written once for each key, whatever happens to the answers. */
export async function postMessage(
  { address, text, key }: Posted,
  caller: KnownCaller,
  { journal, settings }: Pick<ApiParts, "journal" | "settings">,
): Promise<{ readonly id: string; readonly trace: string }> {
  const named = key === undefined ? undefined : idFrom("out", caller, key);
  const { id, write } = say({ id: named, address, text: settings.redact(text), trace: newId("trc"), urgency: "notice" });
  await journal.settle({ actorId: caller.personId, scope: `account/${address.account}` }, async () => ({
    writes: (await journal.store.get("outbox", id)) ? [] : [write],
  }));
  const { trace } = known(await journal.store.get("outbox", id), id, "message");
  return { id, trace };
}

interface Asked {
  readonly ask: ApprovalAsk;
  readonly target: Target;
  readonly key: string | undefined;
  /** Who is called with the answer. Throws `not_allowed` where the configuration does not list it. */
  readonly answerTo?: string | undefined;
}

/** Asks people to approve exactly this action; what is pending already is joined. */
export async function askPeople(
  { ask, target, key, answerTo }: Asked,
  caller: KnownCaller,
  { hub, journal, connectors, settings }: Pick<ApiParts, "hub" | "journal" | "connectors" | "settings">,
): Promise<Row<"approvals">> {
  if (answerTo !== undefined && !mayCall(answerTo, settings.approvals.answerUrls ?? []))
    throw new HubError("not_allowed", { reason: "approvals.answer_urls in hub.yaml does not list answer_to" });
  const approvalId = key === undefined ? newId("apr") : idFrom("apr", caller, key);
  const address = addressFor(target, { connectors, homes: settings.homes });
  await hub.ask({ approvalId, ask, asker: caller.name, requesterId: caller.personId, address, trace: newId("trc"), answerTo });
  const made = await journal.store.get("approvals", approvalId);
  if (made && made.digest !== digestOf(ask.action))
    throw new HubError("bad_request", { problems: "this Idempotency-Key came with another action before" });
  if (made) return made;
  const same = await journal.store.find("approvals", { where: { digest: digestOf(ask.action) }, newestFirst: true });
  return known(
    same.find(({ orchestrator }) => orchestrator === caller.name),
    approvalId,
    "approval",
  );
}
