/** What is allowed without being asked again: `!rules` lists it, `!rules end CODE` ends one. */
import { endStanding, listStanding } from "../src/approvals/standing.ts";
import { minuteOf } from "../src/cards/words.ts";
import { sentenceOf } from "../src/contract/errors.ts";
import type { View } from "../src/contract/handler.ts";
import { parseCode } from "../src/contract/ids.ts";
import type { Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";
import { mayDecide, mayManage } from "../src/people/roles.ts";

interface Reply {
  readonly text: string;
  readonly writes?: readonly Write[];
}

export async function rules(person: Row<"people">, view: View, argument: string): Promise<Reply> {
  const [verb = "", typed = ""] = argument.trim().split(/\s+/);
  if (verb === "") return { text: await list(view) };
  const code = verb.toLowerCase() === "end" ? parseCode(typed) : undefined;
  if (code === undefined) return { text: "Say which: `!rules end CODE`; `!rules` lists them." };
  if (!mayDecide(person, ["approver"]) && !mayManage(person))
    return { text: sentenceOf("not_allowed", { reason: "ending this needs the role approver" }) };
  const writes = await endStanding(view.store, code, { by: person.id, now: view.now });
  return writes
    ? { text: `What ${code} allowed is asked again.`, writes }
    : { text: sentenceOf("not_found", { what: "standing approval", id: code }) };
}

async function list({ store, now, settings }: View): Promise<string> {
  const standing = await listStanding(store, now);
  const lines = standing.map(({ code, title, app, environment, orchestrator, by, expiresAt }) => {
    const target = [app, environment].filter(Boolean).join(", ");
    return `- \`${code}\` ${title}${target ? ` (${target})` : ""}, asked by ${settings.aliasOf(orchestrator)}: allowed by ${by.name} until ${minuteOf(expiresAt)}`;
  });
  return lines.length === 0
    ? "Nothing is allowed for good: everything is asked each time."
    : `${lines.join("\n")}\n\n\`!rules end CODE\` ends one.`;
}
