/** An attachment as bytes in memory, for libraries that take no stream. */
import type { Files } from "../../src/contract/connector.ts";
import { HubError } from "../../src/contract/errors.ts";
import type { Attachment } from "../../src/contract/message.ts";

/** Rejects with HubError `file_too_large`, before anything is read. */
export async function readWhole(files: Pick<Files, "open">, attachment: Attachment, maxBytes: number): Promise<Buffer> {
  const { name, sizeBytes } = attachment;
  if (sizeBytes > maxBytes) throw new HubError("file_too_large", { name, max: `${Math.floor(maxBytes / 1_048_576)} MiB` });
  const chunks: Uint8Array[] = [];
  for await (const chunk of await files.open(attachment)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
