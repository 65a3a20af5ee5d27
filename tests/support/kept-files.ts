/** Stands for the hub's folder of files where only what was kept matters. */
import type { Files } from "../../src/contract/connector.ts";

export interface KeptFiles {
  readonly keep: Files["keep"];
  /** Name and content of each, in order. */
  readonly kept: { readonly name: string; readonly text: string }[];
}

export function createKeptFiles(): KeptFiles {
  const kept: KeptFiles["kept"] = [];
  return {
    kept,
    async keep(content, { name, mimeType = "application/octet-stream" }) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString();
      kept.push({ name, text });
      return { name, mimeType, sizeBytes: Buffer.byteLength(text), path: `/kept/${kept.length}` };
    },
  };
}
