/**
 * What was said in a conversation, as its record has it: one entry for each message, request and heading, made of the journal's rows. Pure.
 * Invariant: nothing in an entry is a secret the hub masks, nor what opens a link; of a message that was deleted its words are gone.
 */
import { z } from "zod";
import { cardOf } from "../approvals/card.ts";
import { wordsOf } from "../cards/words.ts";
import { conversationName } from "../contract/ids.ts";
import type { Attachment, OutboundMessage } from "../contract/message.ts";
import type { Row } from "../contract/tables.ts";
import { canvasFragments, fragmentOf } from "../redaction/agent-words.ts";
import { redactText } from "../redaction/outbound.ts";
import type { Redact } from "../redaction/secrets.ts";
import { CUT_OFF } from "../turns/marks.ts";

const epochMs = z.number().int().describe("Epoch milliseconds.");
const place = z.object({ account: z.string(), workspace: z.string().optional(), chat: z.string(), thread: z.string().optional() });

/** Goes before the entries of a conversation. */
const heading = z.object({
  type: z.literal("conversation"),
  conversation: z.string().describe("Its name, chat-1a2b3c4d."),
  title: z.string(),
  orchestrator: z.string().describe("Its alias."),
  status: z.enum(["open", "closed"]),
  begunAt: epochMs,
});

const file = z.object({
  name: z.string(),
  mimeType: z.string(),
  sizeBytes: z.number().int(),
  path: z.string().nullable().describe("Where it lies in the data folder; null: it is no longer kept."),
});

const message = z.object({
  type: z.literal("message"),
  conversation: z.string(),
  at: epochMs.describe("When the hub took it, or was told to say it."),
  from: z.object({
    kind: z.enum(["person", "orchestrator", "hub"]).describe("hub: said in the hub's own name, also by a program."),
    name: z.string(),
  }),
  place: place.describe("Where it was said. Its copies in other places of the conversation are no entries."),
  text: z.string().describe("Its last wording, CommonMark; empty once it was deleted."),
  card: z.enum(["canvas", "deploy", "notice"]).optional().describe("What it is, where it is more than words."),
  attachments: z.array(file).readonly().optional(),
  editedAt: epochMs.optional(),
  deletedAt: epochMs.optional(),
  undelivered: z.literal(true).optional().describe("It was given up and nobody saw it there."),
});

const request = z.object({
  type: z.enum(["approval", "question"]),
  conversation: z.string(),
  at: epochMs.describe("When it was asked."),
  from: z.object({ kind: z.enum(["person", "orchestrator"]).describe("person: it is their wish."), name: z.string() }),
  place,
  code: z.string(),
  state: z.enum(["pending", "approved", "denied", "expired", "cancelled", "consumed", "answered"]),
  text: z.string().describe("The card as it is now, in words."),
  votes: z
    .array(
      z.object({ name: z.string(), verdict: z.enum(["approve", "deny"]), reason: z.string().nullable(), via: z.string(), at: epochMs }),
    )
    .readonly(),
  decidedBy: z.string().nullable().describe("Who decided or answered it."),
  decidedAt: epochMs.nullable(),
  reason: z.string().nullable(),
});

/** A line of `mos-hub export --format jsonl`. */
export const recordEntry = z.discriminatedUnion("type", [heading, message, request]);
export type RecordEntry = z.output<typeof recordEntry>;
export type SaidEntry = Exclude<RecordEntry, z.output<typeof heading>>;

/** What the rows do not say themselves. */
export interface Names {
  /** Undefined: nobody the hub still knows. */
  readonly personOf: (id: string) => string | undefined;
  readonly aliasOf: (orchestrator: string) => string;
  /** Where the file lies; null: nowhere any more. */
  readonly fileOf: (attachment: Attachment) => string | null;
  readonly redact: Redact;
}

export function headingOf({ id, title, orchestrator, status, createdAt }: Row<"sessions">, { aliasOf, redact }: Names): RecordEntry {
  const common = { type: "conversation", conversation: conversationName(id), title: redact(title) } as const;
  return { ...common, orchestrator: aliasOf(orchestrator), status, begunAt: createdAt };
}

/** What became of a message on its platform. */
export interface Change {
  readonly edited?: { readonly at: number; readonly text: string } | undefined;
  readonly deletedAt?: number | undefined;
}

/** Undefined: no words of a person's that belong to a conversation. */
export function heardEntry(row: Row<"inbox">, { edited, deletedAt }: Change, names: Names): SaidEntry | undefined {
  const { event, personId, sender, sessionKey, createdAt: at, address } = row;
  if (event?.type !== "message" || sessionKey === null) return undefined;
  const name = (personId === null ? undefined : names.personOf(personId)) ?? event.senderName ?? sender;
  const common = { type: "message", conversation: conversationName(sessionKey), at, place: address } as const;
  const from = { kind: "person", name: names.redact(name) } as const;
  if (deletedAt !== undefined) return { ...common, from, text: "", deletedAt };
  return {
    ...common,
    from,
    text: words({ text: edited?.text ?? event.text }, names.redact),
    ...filesOf(event.attachments, names),
    ...(edited && { editedAt: edited.at }),
  };
}

/** What the journal knows of a row's trace. */
export interface Cause {
  /** The turn it belongs to. */
  readonly turn: Row<"turns"> | undefined;
  /** It came of something a person did that is no turn: a command, a press, a decision. */
  readonly isAnswer: boolean;
}

/**
 * Whose words a row of the outbox is; undefined: nobody's that belong into a record, such as progress, a change of what is shown, an answer to a
 * command, what one person alone was told, what was quoted from another place, and cards whose record says more.
 */
export function speakerOf({ op, urgency, subject, createdAt }: Row<"outbox">, { turn, isAnswer }: Cause) {
  if (op.type !== "send" || op.onlyTo || urgency === "progress") return undefined;
  const { card, text } = op.message;
  if (isAnswer && card?.type !== "notice") return undefined;
  if (card?.type === "approval" || card?.type === "question" || card?.type === "progress") return undefined;
  // A draft that is completed is said only then.
  const isChange = op.editsOutboxId !== undefined && (card !== undefined || subject !== null);
  if (isChange || urgency === "urgent") return undefined;
  if (card) return card.type === "notice" || !turn ? "hub" : "orchestrator";
  if (urgency === "reply" || text.endsWith(CUT_OFF)) return turn && isSentBack(turn, createdAt) ? "person" : "orchestrator";
  return turn ? undefined : "hub";
}

/** What a person sent from a canvas is said, and told the agent, in one commit. */
function isSentBack({ inboxId, personId, createdAt }: Row<"turns">, at: number): boolean {
  return inboxId === null && personId !== "hub" && createdAt === at;
}

export interface Said {
  readonly row: Row<"outbox">;
  readonly session: Row<"sessions">;
  readonly by: NonNullable<ReturnType<typeof speakerOf>>;
  readonly turn: Row<"turns"> | undefined;
  /** What is shown in its place by now. */
  readonly latest: OutboundMessage;
}

export function saidEntry({ row, session, by, turn, latest }: Said, names: Names): SaidEntry {
  const { createdAt: at, address, state } = row;
  const card = latest.card?.type;
  const isKind = card === "canvas" || card === "deploy" || card === "notice";
  return {
    type: "message",
    conversation: conversationName(session.id),
    at,
    from: { kind: by, name: names.redact(speakerName(by, session, turn, names)) },
    place: address,
    text: words(latest, names.redact),
    ...(isKind ? { card } : {}),
    ...filesOf(latest.attachments, names),
    ...(state === "dead" || state === "failed" ? { undelivered: true as const } : {}),
  };
}

function speakerName(by: Said["by"], session: Row<"sessions">, turn: Row<"turns"> | undefined, names: Names): string {
  if (by === "orchestrator") return names.aliasOf(session.orchestrator);
  return by === "hub" ? "mos-hub" : (names.personOf(turn?.personId ?? "") ?? "somebody");
}

export function askedEntry(row: Row<"approvals">, session: Row<"sessions">, { aliasOf, redact }: Names): SaidEntry {
  const { kind, code, state, address, createdAt: at, askedBy, votes, decider, decidedAt, decisionReason } = row;
  const asker = aliasOf(row.orchestrator);
  const card = cardOf({ id: row.id, fields: row, asker, redact });
  return {
    type: kind,
    conversation: conversationName(session.id),
    at,
    from: askedBy === undefined ? { kind: "orchestrator", name: asker } : { kind: "person", name: redact(askedBy) },
    place: address,
    code,
    state,
    text: words({ text: wordsOf(card), card }, redact),
    votes: votes.map(({ name, verdict, reason, via, at: votedAt }) => ({
      name: redact(name),
      verdict,
      reason: reason && redact(reason),
      via,
      at: votedAt,
    })),
    decidedBy: decider && redact(decider),
    decidedAt,
    reason: decisionReason && redact(decisionReason),
  };
}

/** As people were shown it, without what opens a link. */
function words({ text, card }: Pick<OutboundMessage, "text" | "card">, redact: Redact): string {
  const url = card?.type === "canvas" || card?.type === "question" ? (card.url ?? "") : "";
  const opening = [fragmentOf(url), ...canvasFragments(text)].filter((fragment) => fragment.length > 1);
  const shown = opening.reduce((so, fragment) => so.replaceAll(fragment, ""), redactText({ text, card }, redact));
  return shown.replace(SIGN_IN, "$1");
}

/** What follows signs a browser in. */
const SIGN_IN = /(\/sign-in\?link=)[\w-]+/g;

function filesOf(attachments: readonly Attachment[] | undefined, { fileOf, redact }: Names) {
  if (!attachments?.length) return {};
  return {
    attachments: attachments.map((one) => ({
      name: redact(one.name),
      mimeType: one.mimeType,
      sizeBytes: one.sizeBytes,
      path: fileOf(one),
    })),
  };
}
