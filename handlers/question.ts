/** Questions of an agent: the same record as an approval, without a grant. The next words of an operator in the thread are the answer. */
import { parseAnswer, parseForm, type Parsed } from "../src/approvals/answers.ts";
import { questionPolicy } from "../src/approvals/policies.ts";
import { answerEffect, type Asker, askerOf, askWork, drawAgain, endWork, settledWords, toldWork } from "../src/approvals/record.ts";
import { secretAskedFor } from "../src/approvals/secret-questions.ts";
import { intentOf } from "../src/commands.ts";
import { sentenceOf } from "../src/contract/errors.ts";
import { endOfTurn, type FromOrchestrator, type FromPerson, type Handler, say, type View, type Work } from "../src/contract/handler.ts";
import type { SessionKey } from "../src/contract/ids.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import type { AskHandle, QuestionAsk } from "../src/contract/orchestrator.ts";
import { update, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";

type Event<T extends PersonEvent["type"]> = Extract<PersonEvent, { type: T }>;
type Asking = FromOrchestrator<{ type: "question"; ask: QuestionAsk; handle: AskHandle; askId?: string | undefined }>;

export const question: Handler = {
  name: "question",
  orchestrator: {
    question: asked,
  },
  person: { message: typed, action: pressed },
};

/** Said to people, so that whoever could help knows what the agent lacks. */
function notPutWrite({ address, trace, orchestrator }: Asker, secret: string, { settings }: View): Write {
  const text = `${settings.aliasOf(orchestrator)} asked for something that looks like a secret ("${secret}"), and was told no: what is typed here stays here. Put it where the agent may read it, as an administrator does.`;
  return say({ address, trace, text, urgency: "notice", card: { type: "notice", level: "warning", text } }).write;
}

/** The same question again, after a crash, joins the one that still waits, or has the answer that its asker did not live to hear. */
async function asked(from: Asking, view: View): Promise<Work> {
  const { ask, handle, askId } = from.event;
  const same = askId === undefined ? await sameQuestion(from, view) : undefined;
  if (same?.state === "pending") return { writes: [update("approvals", same, { waiting: [...same.waiting, handle] })] };
  if (same) return { writes: toldWork(same, view.now), effects: [answerEffect(same.id, same, handle)] };
  const asker = askerOf(from);
  const policy = questionPolicy(view.settings.approvals.base);
  const request = { kind: "question", ask, handle, askId, class: null, digest: null, policy } as const;
  const secret = secretAskedFor(ask);
  if (secret === undefined) return askWork(asker, request, view);
  const refused = askWork(asker, { ...request, refusedBecause: "a question never asks for a secret" }, view);
  return { ...refused, writes: [...refused.writes, notPutWrite(asker, secret, view)] };
}

async function sameQuestion({ session, event }: Asking, view: View): Promise<Row<"approvals"> | undefined> {
  const latest = await view.store.find("approvals", { where: { kind: "question", sessionKey: session.id }, newestFirst: true, limit: 20 });
  const isUntold = ({ state, waiting }: Row<"approvals">): boolean => state === "answered" && waiting.length > 0;
  return latest.find((row) => (row.state === "pending" || isUntold(row)) && JSON.stringify(row.ask) === JSON.stringify(event.ask));
}

async function typed({ row, event, person, session }: FromPerson<Event<"message">>, view: View): Promise<Work> {
  const intent = intentOf(event.text);
  const at = { address: row.address, trace: row.trace };
  const reply = (text: string, outcome: "done" | "refused"): Work => ({
    writes: [say({ ...at, text, urgency: "reply" }).write, endOfTurn(at, outcome)],
  });
  const asked =
    intent.type === "answer"
      ? await openQuestion(view, { code: intent.code })
      : session && (await openQuestion(view, { sessionKey: session.id }));
  if (!asked)
    return reply(sentenceOf("not_found", { what: "open question", id: intent.type === "answer" ? intent.code : "here" }), "refused");
  const parsed = parseAnswer((asked.ask as QuestionAsk).fields, intent.type === "answer" ? intent.text : event.text);
  if ("problem" in parsed)
    return reply(`${parsed.problem} (Your words were not passed on. To leave the question, use \`!stop\`.)`, "refused");
  const ended = await answered(asked, parsed, { person, view, via: row.account });
  return { ...ended, writes: [...ended.writes, endOfTurn(at, "done")] };
}

async function pressed({ row, event, person }: FromPerson<Event<"action">>, view: View): Promise<Work> {
  const tell = (text: string): Work["ack"] => ({ type: "privateText", text, trace: row.trace });
  const asked = await view.store.get("approvals", event.subject.replace(/^question:/, ""));
  if (!asked || asked.kind !== "question") return { writes: [], ack: tell("This button belongs to nothing that is asked.") };
  if (asked.state !== "pending") return { writes: await drawAgain(asked, row.address, view), ack: tell(settledWords(asked)) };
  const { fields } = asked.ask as QuestionAsk;
  const parsed = event.values ? parseForm(fields, event.values) : parseAnswer(fields, event.choice);
  if ("problem" in parsed) return { writes: [], ack: tell(parsed.problem) };
  return { ...(await answered(asked, parsed, { person, view, via: row.account })), ack: tell("Thank you.") };
}

interface AnsweredBy {
  readonly person: Row<"people">;
  readonly view: View;
  readonly via: string;
}

function answered(
  asked: Row<"approvals">,
  { values }: Extract<Parsed, { values: unknown }>,
  { person, view, via }: AnsweredBy,
): Promise<Work> {
  return endWork(asked, { state: "answered", decidedBy: person.id, decider: person.name, values }, { view, via });
}

async function openQuestion(
  view: View,
  which: { readonly code: string } | { readonly sessionKey: SessionKey },
): Promise<Row<"approvals"> | undefined> {
  const [row] = await view.store.find("approvals", { where: { kind: "question", state: "pending", ...which }, limit: 1 });
  return row;
}
