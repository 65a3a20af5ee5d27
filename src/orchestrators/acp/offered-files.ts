/**
 * Files an agent shows in what it says or in what a tool brought: first as what was offered (pure), then as attachments the hub keeps.
 * Invariant: of a path only what lies in the agent's workspace is read; what came as bytes is kept as it came.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { contentOf } from "../../blobs/blobs.ts";
import { safeFileName } from "../../blobs/file-name.ts";
import { extensionFor, mimeTypeOf } from "../../blobs/mime-type.ts";
import type { ConnectorLog, Files } from "../../contract/connector.ts";
import { HubError } from "../../contract/errors.ts";
import type { Attachment } from "../../contract/message.ts";
import type { OrchestratorEvent } from "../../contract/orchestrator.ts";
import { type Content, toolContent } from "./wire.ts";
import { openInside } from "./workspace.ts";

export type Offer = {
  /** `tool`: it was not said to anybody, so that one which cannot be sent is not worth a word. */
  readonly by: "agent" | "tool";
  readonly name: string;
  readonly mimeType: string | undefined;
} & ({ readonly path: string } | { readonly base64: string });

/** Undefined when there is no file in it: a link to the web, a text. */
export function offerIn(content: Content, by: Offer["by"] = "agent"): Offer | undefined {
  const mimeType = (content.resource?.mimeType ?? content.mimeType) || undefined;
  const uri = content.resource?.uri ?? content.uri;
  const base64 = content.type === "resource" ? content.resource?.blob : content.data;
  if (isBase64(base64) && ["image", "audio", "resource"].includes(content.type))
    return { by, name: nameOf(uri, content.type, mimeType), mimeType, base64 };
  const path = content.type === "resource_link" ? pathOf(uri) : undefined;
  return path === undefined ? undefined : { by, name: basename(path), mimeType, path };
}

/** Files in the content of a tool call. `seen`: what was offered before in this turn; an update repeats what there was. */
export function offersOfTool(content: readonly unknown[], seen: Set<string>): Offer[] {
  return content.flatMap((part) => {
    const parsed = toolContent.safeParse(part);
    const offer = parsed.success ? offerIn(parsed.data.content, "tool") : undefined;
    if (offer === undefined) return [];
    const mark = "path" in offer ? `path ${offer.path}` : createHash("sha256").update(offer.base64).digest("hex");
    if (seen.has(mark)) return [];
    seen.add(mark);
    return [offer];
  });
}

export interface OffersSetup {
  readonly alias: string;
  readonly files: Files;
  readonly log: ConnectorLog;
  /** Undefined: the agent is on another machine, and has no file here. */
  readonly workspace: () => Promise<string | undefined>;
}

/** What people are shown of an offer: the file, or why it was not sent. Never rejects. */
export function createTakeOffer(setup: OffersSetup): (offer: Offer) => Promise<OrchestratorEvent | undefined> {
  const { alias, files, log, workspace } = setup;

  async function keep(offer: Offer): Promise<Attachment | undefined> {
    if ("base64" in offer) return files.keep(bytesOf(offer.base64), offer);
    const folder = await workspace();
    const file = folder === undefined ? undefined : await openInside(folder, offer.path);
    if (file === undefined) return undefined;
    try {
      return await files.keep(contentOf(file), offer);
    } finally {
      await file.close();
    }
  }

  return async (offer) => {
    const name = safeFileName(offer.name);
    let why = "it is no file in its workspace";
    try {
      const attachment = await keep(offer);
      if (attachment !== undefined) return { type: "file", attachment };
    } catch (thrown) {
      why = thrown instanceof HubError ? thrown.message : "it could not be read";
      log.warn({ file: name, err: thrown }, "a file of the agent could not be kept");
    }
    if (offer.by === "tool") return undefined;
    return { type: "notice", level: "warning", text: `${alias} wanted to send ${name}, which was not sent: ${why}` };
  };
}

async function* bytesOf(base64: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(base64, "base64");
}

function isBase64(data: string | null | undefined): data is string {
  return typeof data === "string" && data.length >= 4 && data.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(data);
}

/** Undefined for what is not on this machine. */
function pathOf(uri: string | null | undefined): string | undefined {
  if (!uri) return undefined;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(uri)) return uri;
  try {
    return /^file:/i.test(uri) ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(uri: string | null | undefined, kind: string, mimeType: string | undefined): string {
  const path = pathOf(uri) ?? URL.parse(uri ?? "")?.pathname ?? "";
  const name = basename(path);
  if (name !== "") return name;
  const extension = extensionFor(mimeTypeOf(mimeType, ""));
  return extension === "" ? kind : `${kind}.${extension}`;
}
