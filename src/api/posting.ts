/** What programs post into chats: where it goes, and that it goes there once. */
import { mayCall } from "../approvals/answer-calls.ts";
import { digestOf } from "../approvals/digest.ts";
import { HubError, known } from "../contract/errors.ts";
import { type Delivery, say } from "../contract/handler.ts";
import { type Address, newId, placeOf } from "../contract/ids.ts";
import type { ApprovalAsk } from "../contract/orchestrator.ts";
import type { Row } from "../contract/tables.ts";
import { digestOfSent, takenBefore, takenWrites } from "../taken.ts";
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

interface Keyed {
  /** What is asked for: the same key means another thing elsewhere. `api`: a deploy. */
  readonly of: "api" | "message" | "approval";
  readonly key: string | undefined;
  /** The whole of what came with it, parsed. */
  readonly sent: unknown;
}

/** What an Idempotency-Key stands for. Two programs that draw the same key mean two things. */
export function deliveryOf({ of, key, sent }: Keyed, { id }: KnownCaller): Delivery | undefined {
  return key === undefined ? undefined : { keys: [`${of} ${id} ${key}`], digest: digestOfSent(sent) };
}

interface Posted {
  readonly address: Address;
  readonly text: string;
  readonly delivery: Delivery | undefined;
}

/** Says something in the hub's own name: written once for each key, whatever happens to the answers. */
export async function postMessage(
  { address, text, delivery }: Posted,
  caller: KnownCaller,
  { journal, clock, settings }: Pick<ApiParts, "journal" | "clock" | "settings">,
): Promise<{ readonly id: string; readonly trace: string }> {
  const said = say({ address, text: settings.redact(text), trace: newId("trc"), urgency: "notice" });
  const { id } = await journal.settle({ actorId: caller.personId, scope: `account/${address.account}` }, async () => {
    const view = { store: journal.store, now: clock.now() };
    const before = await takenBefore(delivery, view);
    if (before?.id !== undefined) return { writes: [], id: before.id };
    return { writes: [said.write, ...(await takenWrites(delivery, said.id, view))], id: said.id };
  });
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
  const address = addressFor(target, { connectors, homes: settings.homes });
  const delivery = deliveryOf({ of: "approval", key, sent: { ...ask, ...target, answerTo, action: digestOf(ask.action) } }, caller);
  const by = { asker: caller.name, requesterId: caller.personId };
  const id = await hub.ask({ approvalId: newId("apr"), ask, ...by, address, trace: newId("trc"), answerTo, delivery });
  return known(await journal.store.get("approvals", id), id, "approval");
}
