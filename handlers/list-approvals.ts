/** What waits for a decision: `!approvals` lists it, `!approvals CODE` shows one whole, and whether it may be allowed for longer than this once. */
import { cardOf } from "../src/approvals/card.ts";
import { standingHint } from "../src/approvals/standing.ts";
import { wordsOf } from "../src/cards/words.ts";
import { sentenceOf } from "../src/contract/errors.ts";
import type { View } from "../src/contract/handler.ts";
import { parseCode } from "../src/contract/ids.ts";

export async function listApprovals({ store, settings }: View, argument: string): Promise<{ readonly text: string }> {
  const typed = argument.trim();
  if (typed !== "") return showOne(typed, { store, settings });
  const pending = await store.find("approvals", { where: { state: "pending" } });
  if (pending.length === 0) return { text: "Nothing waits for a decision." };
  const lines = pending.map((row) => `- \`${row.code}\` ${"title" in row.ask ? `${row.ask.title} (${row.class})` : row.ask.text}`);
  return { text: `${lines.join("\n")}\n\n\`!approvals CODE\` shows one whole.` };
}

async function showOne(typed: string, { store, settings }: Pick<View, "store" | "settings">): Promise<{ readonly text: string }> {
  const code = parseCode(typed);
  const [row] = code === undefined ? [] : await store.find("approvals", { where: { code }, newestFirst: true, limit: 1 });
  if (!row) return { text: sentenceOf("not_found", { what: "approval", id: typed }) };
  const { aliasOf, redact, approvals } = settings;
  const card = cardOf({ id: row.id, fields: row, asker: aliasOf(row.orchestrator), redact });
  return { text: [wordsOf(card), standingHint(row, approvals.standingMs)].filter(Boolean).join("\n\n") };
}
