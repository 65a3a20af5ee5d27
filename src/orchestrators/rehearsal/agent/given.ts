/** The files of a prompt, whichever way they came, and how each would be sent back. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { ContentBlock } from "@agentclientprotocol/sdk/unstable";

export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly sizeBytes: number;
  /** What of it stood in the prompt itself. */
  readonly as: "image" | "text" | "link";
  readonly back: ContentBlock;
}

export async function filesIn(prompt: readonly ContentBlock[]): Promise<GivenFile[]> {
  const found = await Promise.all(prompt.map(fileIn));
  return found.filter((file) => file !== undefined);
}

async function fileIn(block: ContentBlock): Promise<GivenFile | undefined> {
  switch (block.type) {
    case "image": {
      const { mimeType, data, uri } = block;
      return { name: nameOf(uri ?? ""), mimeType, sizeBytes: Buffer.byteLength(data, "base64"), as: "image", back: block };
    }
    case "resource": {
      const { uri, mimeType } = block.resource;
      const name = nameOf(uri);
      const words = "text" in block.resource ? block.resource.text : "";
      const back = { type: "resource_link", name, uri } as const;
      return { name, mimeType: mimeType ?? "unknown", sizeBytes: Buffer.byteLength(words), as: "text", back };
    }
    case "resource_link": {
      const { uri, mimeType } = block;
      const sizeBytes = (await stat(fileURLToPath(uri)).catch(() => undefined))?.size ?? -1;
      return { name: nameOf(uri), mimeType: mimeType ?? "unknown", sizeBytes, as: "link", back: block };
    }
    default:
      return undefined;
  }
}

function nameOf(uri: string): string {
  return uri.startsWith("file:") ? basename(fileURLToPath(uri)) : uri;
}
