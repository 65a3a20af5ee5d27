/** From a face's requests to the hub's words: pure. The shapes are parsed here, the size of the body is limited before. */
import { z } from "zod";
import type { Caller } from "../../src/contract/connector.ts";
import type { Ack, Assurance, Attachment, ConnectorEvent, Form, InboundMessage } from "../../src/contract/message.ts";
import type { Draft, ShownFile, Taken } from "./entry.ts";
import { CHAT, clientId, eventIdOf, fileId, keyOfEvent, LOCAL_SENDER, MAIN_THREAD, threadId } from "./ids.ts";

export const messageRequest = z
  .strictObject({
    text: z.string().default(""),
    thread: threadId.default(MAIN_THREAD),
    clientId,
    files: z.array(fileId).max(20).default([]),
  })
  .refine(({ text, files }) => text.trim() !== "" || files.length > 0, "the message has neither a text nor a file");
export type MessageRequest = z.infer<typeof messageRequest>;
export const actionRequest = z.strictObject({
  /** The id of the card. */
  subject: z.string().min(1).max(200),
  choice: z.string().min(1).max(200),
  values: z.record(z.string().max(64), z.string().max(10_000)).optional(),
  thread: threadId.default(MAIN_THREAD),
  clientId,
});
export type ActionRequest = z.infer<typeof actionRequest>;
export const threadRequest = z.strictObject({ title: z.string().trim().min(1).max(120), clientId: clientId.optional() });
const wholeNumber = z.coerce.number().int().nonnegative();
export const feedQuery = z.object({ after: wholeNumber.optional(), thread: threadId.optional() });
export const pageQuery = z.object({ before: wholeNumber.optional(), limit: wholeNumber.pipe(z.number().min(1).max(200)).default(50) });

/** Who writes or looks. */
export interface Sender {
  readonly id: string;
  readonly name?: string | undefined;
  readonly assurance: Assurance;
}

/** Undefined for somebody the hub does not know. Whoever holds the local token may be the operator, or anything that runs as them. */
export function senderOf(caller: Caller): Sender | undefined {
  if (caller.type === "token") return { id: LOCAL_SENDER, assurance: "token" };
  return caller.type === "person" ? { id: caller.personId, name: caller.name, assurance: caller.assurance } : undefined;
}

/** `at`: epoch ms at which the console took the request. */
export function decodeMessage(request: MessageRequest, sender: Sender, at: number, files: readonly Attachment[]): InboundMessage {
  const attachments = files.map(({ name, mimeType, sizeBytes, path }) => ({ name, mimeType, sizeBytes, path }));
  return { text: request.text, ...eventHead(request, sender, at), attachments, direct: true, mentionsBot: true };
}

export function decodeAction(request: ActionRequest, sender: Sender, at: number): ConnectorEvent {
  const { subject, choice, values } = request;
  return { type: "action", subject, choice, values, ...eventHead(request, sender, at) };
}

function eventHead(request: { thread: string; clientId: string }, { id, name, assurance }: Sender, at: number) {
  const who = { sender: id, senderName: name, assurance };
  return { eventId: eventIdOf(id, request.clientId), ...who, ts: new Date(at).toISOString(), chatId: CHAT, threadId: request.thread };
}

/** What a person said, as everybody sees it once the hub has taken it. */
export function decodeToEntry(message: InboundMessage, trace: string, files: readonly ShownFile[]): Draft {
  const { text, sender, senderName, eventId, ts, threadId = MAIN_THREAD } = message;
  const from = { from: "person", sender, senderName, eventId } as const;
  const attachments = files.length === 0 ? undefined : [...files];
  return { type: "message", ...from, threadId, trace, at: Date.parse(ts), text, attachments, key: keyOfEvent(eventId) };
}

const formInWords = ({ fields }: Form): string => fields.map(({ label }) => `${label}.`).join(" ");

/** The hub's Ack as the face is told it; undefined when the hub refused. A handler that returns nothing has taken it. */
export function decodeAck(ack: Ack | void, event: { eventId: string; threadId?: string | undefined }): Taken | { refused: string } {
  const place = { thread: event.threadId ?? MAIN_THREAD, eventId: event.eventId };
  if (!ack) return { ...place, trace: event.eventId };
  switch (ack.type) {
    case "accepted":
      return { ...place, trace: ack.trace };
    case "refused":
      return { refused: ack.privateText };
    case "privateText":
      return { ...place, trace: ack.trace, privateText: ack.text };
    case "openForm":
      return { ...place, trace: ack.trace, subject: ack.subject, form: ack.form, privateText: formInWords(ack.form) };
    default:
      return ack satisfies never;
  }
}
