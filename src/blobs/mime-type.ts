/** The kind of a file, as it was given or by its extension. Pure. Nothing trusts it: a file is never run and only some images are shown. */
import { extensionOf } from "./file-name.ts";

export const UNKNOWN_TYPE = "application/octet-stream";

/** `type/subtype` of RFC 6838's restricted names; parameters are dropped. */
const WELL_FORMED = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,62}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}$/;

const BY_EXTENSION: Readonly<Record<string, string>> = {
  css: "text/css",
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript",
  json: "application/json",
  log: "text/plain",
  md: "text/markdown",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  ogg: "audio/ogg",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  ts: "text/plain",
  txt: "text/plain",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  xml: "application/xml",
  yaml: "application/yaml",
  yml: "application/yaml",
  zip: "application/zip",
};

export function mimeTypeOf(given: string | undefined, name: string): string {
  const type = (given ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (WELL_FORMED.test(type) && type !== UNKNOWN_TYPE) return type;
  const extension = extensionOf(name);
  return (Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined) ?? UNKNOWN_TYPE;
}

/** The extension of a type the hub knows; empty for any other. */
export function extensionFor(type: string): string {
  return Object.entries(BY_EXTENSION).find(([, known]) => known === type)?.[0] ?? "";
}

/** The images a model and a browser draw without running anything in them. */
export function isPicture(type: string): boolean {
  return ["image/png", "image/jpeg", "image/gif", "image/webp"].includes(type);
}
