/** Files over HTTP: sent up as a multipart form, and fetched so that nothing in them ever runs in a browser as part of the console. */
import { z } from "zod";
import type { Attachment } from "../../../src/contract/message.ts";
import { HubError } from "../../../src/contract/errors.ts";
import { isMultipart, readMultipart } from "../../shared/multipart.ts";
import { type Call, MAX_BODY_BYTES, parse, readForm } from "../call.ts";
import type { ShownFile } from "../entry.ts";
import { fileId } from "../ids.ts";
import type { Inward } from "../take.ts";

/** Drawn in the page; anything else is saved. A vector image is not among them, since it may hold a script. */
const PICTURES = z.enum(["image/png", "image/jpeg", "image/gif", "image/webp"]);

export async function takeFiles(inward: Inward, call: Call): Promise<Response> {
  if (!isMultipart(call.request)) throw new HubError("bad_request", { problems: "the body is not multipart/form-data" });
  const { files } = await readFormWithFiles(inward, call);
  if (files.length === 0) throw new HubError("bad_request", { problems: "the form holds no file" });
  return Response.json({ files }, { status: 201 });
}

/** A form as a browser without script sends it, its files kept. */
export async function readFormWithFiles(
  { blobs, files, unsent, hideSecrets }: Inward,
  { request, sender }: Call,
): Promise<{ readonly fields: FormData; readonly files: readonly ShownFile[] }> {
  if (!isMultipart(request)) return { fields: await readForm(request), files: [] };
  const { maxBytes } = blobs;
  return readMultipart(request, {
    maxFieldBytes: MAX_BODY_BYTES,
    keep: ({ content, name, mimeType }) =>
      unsent.withRoom(sender.id, maxBytes, async () => {
        const file = await files.add(await blobs.keep(content, { name: hideSecrets(name), mimeType }), sender.id);
        await unsent.add(sender.id, file);
        return file;
      }),
  });
}

export async function giveFile({ blobs, files }: Inward, { sender, id }: Call): Promise<Response> {
  const wanted = parse(fileId, id);
  const file = await files.find(wanted, sender.id);
  if (file === undefined) throw new HubError("not_found", { what: "file", id: wanted });
  return new Response(await blobs.open(file), { headers: headersOf(file) });
}

function headersOf({ name, mimeType, sizeBytes }: Attachment): Record<string, string> {
  return {
    "content-type": mimeType,
    "content-length": String(sizeBytes),
    "content-disposition": `${PICTURES.safeParse(mimeType).success ? "inline" : "attachment"}; ${fileNameParameters(name)}`,
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=3600",
  };
}

/** RFC 6266: for old programs in ASCII, for all others as RFC 5987 writes it. */
function fileNameParameters(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return `filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
