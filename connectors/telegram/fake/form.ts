/** A call with files, as `multipart/form-data`. */
import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Call } from "./methods.ts";
import { type FakeFile, Refusal } from "./shapes.ts";

export async function readForm(request: IncomingMessage, maxBytes: number): Promise<Call> {
  const body = await buffer(request);
  if (body.length > maxBytes + 64 * 1024) throw new Refusal(413, "Request Entity Too Large");
  const form = await new Response(new Uint8Array(body), { headers: { "content-type": request.headers["content-type"] ?? "" } }).formData();
  const files = new Map<string, FakeFile>();
  const fields: Record<string, unknown> = {};
  for (const [name, value] of form) {
    if (typeof value === "string") fields[name] = jsonOr(value);
    else files.set(name, await fileOf(value));
  }
  return { fields, files };
}

let made = 0;

async function fileOf(file: File): Promise<FakeFile> {
  const bytes = Buffer.from(await file.arrayBuffer());
  return { file_id: `up${(made += 1)}`, file_name: file.name, mime_type: file.type || "application/octet-stream", bytes };
}

/** Objects and lists come as JSON in a field; texts as they are. */
function jsonOr(value: string): unknown {
  if (!/^[[{]|^(?:true|false)$/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
