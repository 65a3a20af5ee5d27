/** What an agent shows beside the words of a thread: a link of its own (`relay`), or content the hub keeps and serves (`hosted`). */
import { z } from "zod";
import type { SessionKey } from "./ids.ts";
import { type CanvasCard, formField } from "./message.ts";

/** Larger pages belong on a server of their own. */
const LONGEST_TEXT = 500_000;
const MOST_COLUMNS = 50;
const MOST_ROWS = 2000;
const MOST_FIELDS = 25;
const MOST_APPROVALS = 10;

const cell = z.union([z.string().max(2000), z.number(), z.boolean(), z.null()]);

export const canvasTable = z.object({
  columns: z.array(z.string().max(200)).min(1).max(MOST_COLUMNS),
  rows: z.array(z.array(cell).max(MOST_COLUMNS)).max(MOST_ROWS),
});
export type CanvasTable = z.infer<typeof canvasTable>;

const buttonLabel = z.string().min(1).max(60);

export const canvasForm = z.object({
  /** None: only the buttons. */
  fields: z.array(formField).max(MOST_FIELDS).default([]),
  /** What may be pressed; the one pressed comes with the values. */
  buttons: z.array(buttonLabel).min(1).max(5).default(["Send"]),
});
export type CanvasForm = z.infer<typeof canvasForm>;

export const canvasApprovals = z
  .union([z.literal("waiting"), z.array(z.string().min(1).max(100)).min(1).max(MOST_APPROVALS)])
  .describe(
    'Approvals of this conversation, by the approval_id (over HTTP ask_id) you were given, or "waiting" for whatever waits in it while somebody looks. The hub draws them below the rest, with the exact action; people who are signed in decide there.',
  );
export type CanvasApprovals = z.infer<typeof canvasApprovals>;

/** At least one; of several each stands below the one before. */
export const canvasContent = z
  .object({
    /** A page of its own, with its styles and scripts in it: it reaches nothing else. */
    html: z.string().min(1).max(LONGEST_TEXT).optional(),
    markdown: z.string().min(1).max(LONGEST_TEXT).optional(),
    table: canvasTable.optional(),
    /** What people send back becomes a message of theirs in the conversation. */
    form: canvasForm.optional(),
    approvals: canvasApprovals.optional(),
  })
  .refine((content) => Object.values(content).some((part) => part !== undefined), "give html, markdown, table, form or approvals")
  .meta({ minProperties: 1 });
export type CanvasContent = z.infer<typeof canvasContent>;

export const CANVAS_KINDS = ["page", "form", "table", "dashboard", "markdown"] as const;

export const canvasShare = z
  .object({
    title: z.string().min(1).max(200),
    /** Default: what its content is. */
    kind: z.enum(CANVAS_KINDS).optional(),
    /** A canvas of this conversation, of which this is the next version. */
    canvas_id: z.string().min(1).max(100).optional(),
    /** Instead of content. Absolute, or a path on the orchestrator's own gateway. */
    url: z.string().min(1).max(2000).optional(),
    content: canvasContent.optional(),
    /** Default: hosted content for a week, a link without end. */
    expires_in_ms: z
      .number()
      .int()
      .positive()
      .max(366 * 86_400_000)
      .optional(),
  })
  .refine(({ url, content }) => (url === undefined) !== (content === undefined), "give either url or content")
  .meta({ oneOf: [{ required: ["url"] }, { required: ["content"] }] });
export type CanvasShare = z.infer<typeof canvasShare>;

export function kindOf({ kind, content }: CanvasShare): (typeof CANVAS_KINDS)[number] {
  if (kind !== undefined) return kind;
  if (content === undefined || content.html !== undefined) return "page";
  if (content.form !== undefined) return "form";
  if (content.table !== undefined) return "table";
  return content.markdown === undefined ? "form" : "markdown";
}

// rows

export interface CanvasFields {
  sessionKey: SessionKey;
  /** What people type to open it as themselves. */
  code: string;
  state: CanvasCard["state"];
  card: CanvasCard;
  trace: string;
  /** Its latest content; null of a link elsewhere. */
  revision: number | null;
  /** Epoch ms, null for ever. */
  expiresAt: number | null;
}

/** One content of a canvas; the id is the canvas's and the number. */
export interface RevisionFields {
  canvasId: string;
  number: number;
  title: string;
  content: CanvasContent;
}

/** What lets somebody look at a canvas; the row's id is the SHA-256 of the secret. */
export interface ViewFields {
  canvasId: string;
  /** `link`: in a chat, or given to one person · `browser`: the cookie a browser got for it. */
  kind: "link" | "browser";
  /** Null: whoever has the link, who may look and send nothing. */
  personId: string | null;
  /** Of a browser that was signed in as it opened: the sign-in's credential, with which this ends. */
  credentialId?: string | undefined;
  /** Epoch ms, null for as long as the canvas is open. */
  expiresAt: number | null;
}
