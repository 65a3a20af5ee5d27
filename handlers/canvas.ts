/** What the agent made to look at, as a card; what people send back from it becomes a turn of the same conversation. */
import { createHash } from "node:crypto";
import { parseForm } from "../src/approvals/answers.ts";
import { minuteOf } from "../src/cards/words.ts";
import { hostedLink } from "../src/canvases/link.ts";
import { endCanvas, lacksLink, linkCanvas, reviseCanvas, revisionId, showCanvas } from "../src/canvases/record.ts";
import { closedBecause, ownLink } from "../src/canvases/views.ts";
import type { CanvasShare } from "../src/contract/canvas.ts";
import { HubError } from "../src/contract/errors.ts";
import {
  type FromOrchestrator,
  type FromPerson,
  type Handler,
  say,
  type Submission,
  type View,
  type Work,
} from "../src/contract/handler.ts";
import { newId, parseCode } from "../src/contract/ids.ts";
import type { PersonEvent } from "../src/contract/message.ts";
import { audit, type Write } from "../src/contract/store.ts";
import type { Row } from "../src/contract/tables.ts";
import { LOCAL_SENDER } from "../src/people/directory.ts";
import { tellAgent } from "../src/turns/tell-agent.ts";

type Event<T extends PersonEvent["type"]> = Extract<PersonEvent, { type: T }>;
type Shared = FromOrchestrator<{ type: "canvas"; share: CanvasShare; canvasId?: string | undefined }>;

export const canvas: Handler = {
  name: "canvas",
  orchestrator: { canvas: share },
  person: { action: pressed },
  submission: submitted,
  due,
  async nextDue({ store }) {
    const open = await store.find("canvases", { where: { state: "open" }, limit: Infinity });
    const ends = open.flatMap(({ expiresAt }) => (expiresAt === null ? [] : [expiresAt]));
    return ends.length === 0 ? undefined : Math.min(...ends);
  },
};

async function share({ session, turn, trace, event }: Shared, view: View): Promise<Work> {
  const { share: given, canvasId = newId("cnv") } = event;
  if (given.canvas_id !== undefined) return { writes: await reviseCanvas(given.canvas_id, { share: given, session, trace }, view) };
  const address = turn?.address ?? session.address;
  return { writes: await showCanvas({ id: canvasId, share: given, session, address, trace }, view) };
}

/** One at a time. */
async function due(view: View): Promise<Work | undefined> {
  const [row] = await view.store.find("canvases", { where: { state: "open", expiresAt: { below: view.now + 1 } }, limit: 1 });
  if (row) return { writes: await endCanvas(row, "expired", view) };
  const open =
    view.settings.publicUrl === undefined ? [] : await view.store.find("canvases", { where: { state: "open" }, limit: Infinity });
  const linkless = open.find((one) => lacksLink(one, view));
  return linkless && { writes: await linkCanvas(linkless, view) };
}

// a link of one's own

async function pressed({ row, event, person }: FromPerson<Event<"action">>, view: View): Promise<Work> {
  const found = await view.store.get("canvases", event.subject.replace(/^canvas:/, ""));
  const tell = (text: string, writes: readonly Write[] = []): Work => ({
    writes,
    ack: { type: "privateText", text, trace: row.trace },
  });
  if (!found || event.choice !== "open") return tell("This button belongs to nothing that is shown.");
  if (found.state === "open" && !view.settings.canFollowLinks(row.account))
    return tell(`Write \`!canvas ${found.code}\` to me in a direct message: I answer with a link of your own.`);
  const { text, writes } = linkFor(found, person, view);
  return tell(text, writes);
}

/** `!canvas CODE`: in a direct chat nobody else reads the answer; everybody who is signed in reads along on the hub's own faces. */
export async function canvasCommand(from: FromPerson<Event<"message">>, view: View, argument: string) {
  if (argument === "") return { text: await listed(from.session, view) };
  const code = parseCode(argument);
  const [found] = code === undefined ? [] : await view.store.find("canvases", { where: { code }, limit: 1 });
  if (!found) return { text: `There is no canvas with the code ${argument}. \`!canvas\` lists those of a conversation.` };
  const isLocal = view.settings.localAccounts.includes(from.row.account);
  const isAlone = from.event.direct && !isLocal;
  if (!isAlone && !view.settings.canWhisper(from.row.account)) return { text: `Others read here too. ${IN_DIRECT}` };
  // The terminal speaks for whoever runs the hub; another token may be a program's.
  if (from.event.assurance === "token" && from.event.sender !== LOCAL_SENDER)
    return { text: "Sign in first (`mos-hub open`): a link of your own is for you alone." };
  const answer = linkFor(found, from.person, view, isLocal);
  return { ...answer, onlyTo: isAlone ? undefined : { sender: from.event.sender, otherwise: `I could not tell you alone. ${IN_DIRECT}` } };
}

const IN_DIRECT = "Write that to me in a direct message.";

async function listed(session: Row<"sessions"> | undefined, { store }: View): Promise<string> {
  const where = { sessionKey: session?.id ?? null, state: "open" } as const;
  const open = session ? await store.find("canvases", { where: { ...where, sessionKey: session.id }, newestFirst: true, limit: 20 }) : [];
  const lines = open.map(({ code, card }) => `- ${code === "" ? "" : `\`${code}\` `}${card.title}`);
  return lines.join("\n") || "Nothing is shown in this conversation.";
}

/** `isLocal`: it is read on the hub's own machine. */
function linkFor(found: Row<"canvases">, person: Row<"people">, view: View, isLocal = false): { text: string; writes: readonly Write[] } {
  if (found.state !== "open") return { text: `"${found.card.title}" is ${found.state}.`, writes: [] };
  if (found.revision === null) return { text: found.card.url ?? found.card.note ?? "", writes: [] };
  const { secret, writes } = ownLink(found, person.id, view.now);
  const { publicUrl, localUrl } = view.settings;
  const { url, note } = hostedLink({ id: found.id, secret }, publicUrl ?? (isLocal ? localUrl?.() : undefined));
  if (url === undefined) return { text: note ?? "", writes: [] };
  return { text: `${found.card.title}, as ${person.name}, to be opened within ten minutes: ${url}`, writes };
}

// what is sent back

async function submitted({ canvasId, id, person, revision, button, values }: Submission, view: View): Promise<Work> {
  const turnId = `trn_${createHash("sha256")
    .update(JSON.stringify([canvasId, id]))
    .digest("base64url")
    .slice(0, 22)}`;
  if (await view.store.get("turns", turnId)) return { writes: [] };
  const row = await view.store.get("canvases", canvasId);
  const shown = row?.revision ? await view.store.get("revisions", revisionId(canvasId, row.revision)) : undefined;
  const session = row && (await view.store.get("sessions", row.sessionKey));
  const form = shown?.content.form;
  const closed = closedBecause(row, view.now);
  if (closed || !row || !session) throw closed ?? new HubError("canvas_unknown");
  if (row.revision !== revision || !form?.buttons.includes(button))
    throw new HubError("form_refused", { problem: "The form has changed meanwhile." });
  const parsed = form.fields.length === 0 ? { values: {} } : parseForm(form.fields, values);
  if ("problem" in parsed) throw new HubError("form_refused", { problem: parsed.problem });
  const trace = newId("trc");
  const { title } = row.card;
  const about = `${person.name} pressed "${button}" on the canvas "${title}" (${canvasId}, version ${row.revision}).`;
  const lines = form.fields.flatMap(({ name, label }) => (name in parsed.values ? [`- ${label}: ${parsed.values[name]}`] : []));
  const text = [`**${person.name}** pressed *${button}* on **${title}**.`, ...lines].join("\n");
  return {
    // The next version may come while this is being written.
    expect: [{ table: "canvases", id: row.id, version: row.version }],
    writes: [
      say({ address: session.address, trace, text, urgency: "reply" }).write,
      tellAgent(session, { id: turnId, personId: person.id, text: `${about}\n${JSON.stringify(parsed.values)}`, trace }),
      audit("canvas.submitted", canvasId, { person: person.id, button, revision: row.revision, at: minuteOf(view.now) }),
    ],
  };
}
