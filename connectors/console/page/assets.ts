/** The style and scripts of the page as they lie beside this file, under an address that changes with their content. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { PALETTE } from "../../../src/contract/palette.ts";

/** The first of them begins with the palette. */
export const STYLES = ["page.css", "conversation.css", "cards.css", "search.css", "touch.css"];
/** page.js is the first; it and the others name one another. */
export const SCRIPTS = [
  "page.js",
  "asking.js",
  "calls.js",
  "composer.js",
  "files.js",
  "fragments.js",
  "follow.js",
  "hands.js",
  "reading.js",
  "upload.js",
];

const FILES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(STYLES.map((name) => [name, "text/css; charset=utf-8"])),
  "icon.svg": "image/svg+xml",
  ...Object.fromEntries(SCRIPTS.map((name) => [name, "text/javascript; charset=utf-8"])),
};

export interface Assets {
  /** Over all files: one that changes gives all of them new addresses, since the scripts name one another. */
  readonly version: string;
  readonly files: ReadonlyMap<string, { readonly type: string; readonly body: Buffer<ArrayBuffer> }>;
}

export async function readAssets(): Promise<Assets> {
  const read = Object.entries(FILES).map(async ([name, type]) => {
    const body: Buffer<ArrayBuffer> = await readFile(new URL(name, import.meta.url));
    return [name, { type, body: name === STYLES[0] ? Buffer.concat([Buffer.from(PALETTE), body]) : body }] as const;
  });
  const files = new Map(await Promise.all(read));
  const hash = createHash("sha256");
  for (const { body } of files.values()) hash.update(body);
  return { version: hash.digest("base64url").slice(0, 12), files };
}

/** Kept by the browser for good under its own version; asked for again under another. Undefined when there is no such file. */
export function answerAsset(
  { version, files }: Assets,
  asked: { version: string; name: string; etag: string | null },
): Response | undefined {
  const file = files.get(asked.name);
  if (file === undefined) return undefined;
  const etag = `"${version}"`;
  const cache = asked.version === version ? "private, max-age=31536000, immutable" : "private, no-cache";
  const headers = { "content-type": file.type, "cache-control": cache, etag };
  return asked.etag === etag ? new Response(null, { status: 304, headers }) : new Response(file.body, { headers });
}
