/**
 * What people attached, as an agent is given it: always a copy in its workspace, to work on; what it can see for itself beside that.
 * Invariant: nothing larger than the limits below is ever held in memory.
 */
import { pathToFileURL } from "node:url";
import { numberedFileName, safeFileName } from "../../blobs/file-name.ts";
import { isPicture } from "../../blobs/mime-type.ts";
import type { ConnectorLog, Files } from "../../contract/connector.ts";
import { HubError } from "../../contract/errors.ts";
import type { Attachment } from "../../contract/message.ts";
import type { Turn } from "../../contract/orchestrator.ts";
import { writeInside } from "./workspace.ts";
import type { InitializeAnswer } from "./wire.ts";

/** Models commonly refuse larger pictures. */
const PICTURE_BYTES = 5 * 1024 * 1024;
/** More would crowd out the conversation; the agent reads the copy. */
const TEXT_BYTES = 128 * 1024;
/** Of one prompt, so that it stays one line an agent can take. */
const PROMPT_BYTES = 10 * 1024 * 1024;
const TEXT_TYPE = /^text\/|^application\/(?:json|yaml|xml|toml|javascript|sql)$|\+(?:json|xml|yaml)$/;

export interface Giving {
  readonly agent: InitializeAnswer;
  /** Undefined: the agent is on another machine, and has only what a prompt can carry. */
  readonly workspace: string | undefined;
  readonly files: Files;
  readonly log: ConnectorLog;
}

/** One block for each file. Rejects with `not_found` when the hub no longer has one, with `store_full` when there is no space for the copy. */
export async function giveFiles({ turnId, attachments }: Turn, giving: Giving): Promise<object[]> {
  const can = giving.agent.agentCapabilities?.promptCapabilities;
  const taken = new Set<string>();
  const blocks: object[] = [];
  let room = PROMPT_BYTES;
  for (const file of attachments) {
    const { mimeType, sizeBytes } = file;
    const name = freeName(file.name, taken);
    const uri = giving.workspace === undefined ? `attachment:${encodeURIComponent(name)}` : await copy(file, { turnId, name }, giving);
    const isSeen = can?.image && isPicture(mimeType) && sizeBytes <= Math.min(PICTURE_BYTES, room);
    const isRead = can?.embeddedContext && TEXT_TYPE.test(mimeType) && sizeBytes <= Math.min(TEXT_BYTES, room);
    const block = isSeen ? await picture(file, uri, giving) : isRead ? await text(file, uri, giving) : undefined;
    if (block !== undefined) room -= sizeBytes;
    const link = { type: "resource_link", name: file.name, mimeType, size: sizeBytes, uri };
    blocks.push(block ?? (giving.workspace === undefined ? outOfReach(file) : link));
  }
  return blocks;
}

/** A link to a file of another machine would lead nowhere. */
function outOfReach({ name, mimeType, sizeBytes }: Attachment): object {
  return {
    type: "text",
    text: `[mos-hub] "${name}" (${mimeType}, ${sizeBytes} bytes) was attached but cannot be brought to your machine.`,
  };
}

/** The agent's user may own a workspace the hub may not write to: then the agent is told where the hub's own file is. */
async function copy(file: Attachment, { turnId, name }: { turnId: string; name: string }, { workspace = "", files, log }: Giving) {
  const content = await files.open(file);
  const place = { folders: ["attachments", safeFileName(turnId)], name };
  try {
    return pathToFileURL(await writeInside(workspace, place, content)).href;
  } catch (thrown) {
    await content.cancel().catch(() => {});
    if (isFull(thrown)) throw new HubError("store_full", { file: workspace }, { cause: thrown });
    log.warn({ turnId, err: thrown }, "an attachment could not be copied into the agent's workspace");
    return pathToFileURL(file.path).href;
  }
}

async function picture(file: Attachment, uri: string, { files }: Giving): Promise<object> {
  return { type: "image", mimeType: file.mimeType, data: (await contentOf(file, files)).toString("base64"), uri };
}

/** Undefined when it is no text after all. */
async function text(file: Attachment, uri: string, { files }: Giving): Promise<object | undefined> {
  try {
    const words = new TextDecoder("utf-8", { fatal: true }).decode(await contentOf(file, files));
    return { type: "resource", resource: { uri, mimeType: file.mimeType, text: words } };
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined;
    throw thrown;
  }
}

async function contentOf(file: Attachment, files: Files): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await files.open(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function freeName(given: string, taken: Set<string>): string {
  const wanted = safeFileName(given);
  let name = wanted;
  // Compared without case, as some file systems do.
  for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = numberedFileName(wanted, number);
  taken.add(name.toLowerCase());
  return name;
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && (thrown.code === "ENOSPC" || thrown.code === "EDQUOT");
}
