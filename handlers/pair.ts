/** `!pair`: an admin looks who asks to be known, and accepts or denies them, from an account that is trusted already. */
import { HubError } from "../src/contract/errors.ts";
import type { FromPerson, View } from "../src/contract/handler.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import type { Write } from "../src/contract/store.ts";
import { acceptPairing, denyPairing, pendingPairings } from "../src/people/pairing.ts";
import { mayManage } from "../src/people/roles.ts";

type Message = FromPerson<Extract<PersonEvent, { type: "message" }>>;
interface Reply {
  readonly text: string;
  readonly writes?: readonly Write[];
}

const USAGE = "Say `!pair accept CODE name` or `!pair deny CODE`; `!pair` lists who waits.";

export async function pair(from: Message, view: View, argument: string): Promise<Reply> {
  const live = await view.store.get("people", from.person.id);
  if (!live || !mayManage(live)) return { text: refusal(new HubError("not_allowed", { reason: "this needs the role admin" })) };
  const [verb = "", code = "", ...name] = argument.split(/\s+/);
  if (verb === "" || verb === "list") return list(view);
  if ((verb !== "accept" && verb !== "deny") || code === "") return { text: USAGE };
  if (from.event.assurance === "token") return { text: refusal(new HubError("admin_pin_needed")) };
  try {
    return verb === "accept" ? await accept(from, view, { code, name: name.join(" ") }) : await deny(from, view, code);
  } catch (thrown) {
    if (thrown instanceof HubError && thrown.verdict === "drop") return { text: refusal(thrown) };
    throw thrown;
  }
}

async function list({ store, now }: View): Promise<Reply> {
  const lines = (await pendingPairings(store, now)).map(({ account, sender }) => `- \`${account}:${sender}\``);
  return { text: lines.length === 0 ? "Nobody asks to be known." : `${lines.join("\n")}\n\n${USAGE}` };
}

async function accept({ row }: Message, { store, now, settings }: View, { code, name }: { code: string; name: string }): Promise<Reply> {
  const { localAccounts } = settings;
  const accepting = { code, name, roles: ["operator"] as const, localAccounts, from: row.address, via: row.account };
  const { writes } = await acceptPairing(store, accepting, now);
  return { text: "Accepted: they may talk from now on, and were told so.", writes };
}

async function deny({ row }: Message, { store, now }: View, code: string): Promise<Reply> {
  return { text: "Denied.", writes: await denyPairing(store, code, { now, via: row.account }) };
}

function refusal({ message, remedy }: HubError): string {
  return `${message} ${remedy}`;
}
