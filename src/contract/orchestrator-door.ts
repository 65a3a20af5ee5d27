/**
 * What an orchestrator that calls the hub says and is told, in the names of the wire: the reports it posts and the deliveries it takes. A driver
 * with a door is spoken to through the hub's API; the types of the driver itself are in `orchestrator.ts`.
 */
import { z } from "zod";
import { canvasShare } from "./canvas.ts";
import type { SessionKey } from "./ids.ts";
import { approvalAsk, deployNews, type OrchestratorDriver, questionAsk } from "./orchestrator.ts";

// What it reports

/** Bytes of text in one report; longer answers are said in several. */
const MOST_TEXT = 100_000;

const step = {
  id: z.string().min(1).max(200).describe("The same id again changes the same line of the progress card."),
  title: z.string().min(1).max(300).optional(),
  state: z.enum(["pending", "running", "done", "failed"]).optional(),
  summary: z.string().max(2000).optional(),
};
const tokens = z.number().int().min(0).max(1_000_000_000_000).default(0);
/** As a document says it: a type of JSON that names itself is more than generators of clients bear. */
const action = z.record(z.string(), z.unknown()).pipe(approvalAsk.shape.action);

export const postedEvent = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string().min(1).max(MOST_TEXT) }),
  z.strictObject({ type: z.literal("text_delta"), text: z.string().min(1).max(MOST_TEXT) }),
  z.strictObject({ type: z.literal("tool"), ...step }),
  z.strictObject({ type: z.literal("subagent"), ...step }),
  z.strictObject({ type: z.literal("plan"), steps: z.array(z.strictObject(step)).max(100) }),
  z.strictObject({
    type: z.literal("approval_request"),
    ask: approvalAsk.extend({ action }),
    for_executor: z
      .boolean()
      .default(false)
      .describe("Somebody else carries it out: the approval is used up by its grant and not by your being told."),
  }),
  z.strictObject({ type: z.literal("question"), ask: questionAsk }),
  z.strictObject({ type: z.literal("ask_withdrawn"), ask_id: z.string().min(1).max(100) }),
  z.strictObject({ type: z.literal("canvas"), share: canvasShare }),
  z.strictObject({ type: z.literal("deploy"), report: deployNews }),
  z.strictObject({
    type: z.literal("usage"),
    agent: z.string().min(1).max(200).optional().describe("Default: the orchestrator's alias."),
    model: z.string().min(1).max(200),
    input: tokens,
    output: tokens,
    cache_read: tokens,
    cache_write: tokens,
  }),
  z.strictObject({
    type: z.literal("budget"),
    window: z.string().min(1).max(100),
    used_share: z.number().min(0).max(1000),
    resets_at: z.number().int().min(0).optional(),
    confidence: z.enum(["user", "provider", "estimated", "unknown"]).default("unknown"),
  }),
  z.strictObject({
    type: z.literal("notice"),
    level: z.enum(["info", "warning", "error"]).default("info"),
    text: z.string().min(1).max(4000),
  }),
  z.strictObject({
    type: z.literal("turn_end"),
    outcome: z.enum(["done", "stopped", "failed", "rejected"]).default("done"),
    reason: z.string().max(2000).optional(),
  }),
]);
export type PostedEvent = z.output<typeof postedEvent>;

export const sessionName = z.string().regex(/^agent:[^\s:]{1,100}:(?:chat|mission|subagent):[\w-]{1,100}$/, "is not a session key");

export interface Report {
  readonly session: SessionKey;
  /** Default: the turn under way. */
  readonly turnId?: string | undefined;
  readonly events: readonly PostedEvent[];
}

/** A file it says in a session. */
export interface SentFile extends Omit<Report, "events"> {
  readonly name: string;
  /** Default: guessed from the name. */
  readonly mimeType?: string | undefined;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface Taken {
  /** The `ask_id` of each approval and question in it, in order. */
  readonly asks: readonly string[];
  /** The `canvas_id` of each canvas in it, in order; absent where there is none. */
  readonly canvases?: readonly string[] | undefined;
}

// What it is told

const offeredFile = z.object({
  id: z.string().describe("To fetch it with."),
  name: z.string(),
  mime_type: z.string().describe("As its sender says."),
  size_bytes: z.number().int(),
});
export type OfferedFile = z.output<typeof offeredFile>;

const common = { id: z.string().describe("To be acknowledged."), session: z.string() };

export const delivery = z.discriminatedUnion("type", [
  z.object({
    ...common,
    type: z.literal("turn"),
    turn_id: z.string(),
    attempt: z.number().int().describe("Above 1 the text says that it may be a repetition."),
    trace: z.string(),
    tenant_id: z.string(),
    text: z.string(),
    person: z.object({ id: z.string(), name: z.string(), dir: z.string().describe("A safe directory name, the same for ever.") }),
    attachments: z.array(offeredFile).readonly(),
  }),
  z.object({ ...common, type: z.literal("cancel"), turn_id: z.string() }),
  z.object({ ...common, type: z.literal("decision"), ask_id: z.string(), approved: z.boolean(), reason: z.string().optional() }),
  z.object({
    ...common,
    type: z.literal("answer"),
    ask_id: z.string(),
    values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  }),
]);
export type Delivery = z.output<typeof delivery>;

// The door

export interface InboxCall {
  /** Ids of deliveries that were taken: they are not given again. */
  readonly ack: readonly string[];
  /** One life of the orchestrator; a new one has lost the turns that the one before had not ended. Absent: it loses none. */
  readonly life?: string | undefined;
  readonly waitMs: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** A request it made: where the record of it is to be looked for. */
export interface KnownAsk {
  readonly session: SessionKey;
  /** Of an approval; a question has none. */
  readonly digest?: string | undefined;
}

/** What came of a hook beside the events it stood for. */
export interface Hooked extends Taken {
  /** The caller is to be answered with what is decided about its request. */
  readonly wantsDecision?: boolean;
}

/** A file on its way out. Whoever has it reads it to its end or cancels it. */
export interface FetchedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly content: ReadableStream<Uint8Array>;
}

export interface OrchestratorDoor {
  /** The name of the only token that may speak for it. Absent: any that may orchestrate. */
  readonly token?: string | undefined;
  /** What it has not acknowledged, oldest first; when there is nothing, waits. Rejects with `bad_request` where the hub calls and is not called. */
  inbox(call: InboxCall): Promise<readonly Delivery[]>;
  /**
   * On disk when it resolves, and handled as soon as the hub can. The same key again is the same report. Rejects with `key_reused` where another
   * came under it, `not_found` for a session that is none of its own, `too_many_requests` while too much of it waits, and `hub_stopping`.
   */
  report(report: Report, key?: string): Promise<Taken>;
  /** What came with one of its deliveries. Rejects with `not_found` for anything else, and once it is no longer kept. */
  file(id: string): Promise<FetchedFile>;
  /** Rejects as `report` does, and with `file_too_large` or `store_full`; then nothing is said. */
  sendFile(file: SentFile, key?: string): Promise<void>;
  /** Undefined for what it never asked. */
  asked(askId: string): Promise<KnownAsk | undefined>;
  /** Calls of its own shape. Rejects with `not_found` where it has none of this name, `bad_request` for what does not fit it. */
  hook(name: string, body: unknown, key?: string): Promise<Hooked>;
}

export function doorOf(driver: OrchestratorDriver | undefined): OrchestratorDoor | undefined {
  return driver && "door" in driver ? (driver as OrchestratorDriver & { readonly door: OrchestratorDoor }).door : undefined;
}
