/**
 * A multipart form read as it comes: each file is handed on while it streams, and never held whole.
 * Invariant: the body is read to its end, also when a file is refused, so that the sender gets to hear why.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HubError } from "../../src/contract/errors.ts";

export interface FilePart {
  /** As the sender gave it: not safe for anything. */
  readonly name: string;
  readonly mimeType: string;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface MultipartOptions<T> {
  /** Of one field that is no file. */
  readonly maxFieldBytes: number;
  /** Called for each file in turn. What it leaves unread is read and thrown away. */
  readonly keep: (file: FilePart) => Promise<T>;
}

const MOST = { files: 20, fields: 20, parts: 40, headerPairs: 20, headerSize: 16 * 1024 } as const;

export function isMultipart(request: Request): boolean {
  return /^multipart\/form-data\b/i.test(request.headers.get("content-type") ?? "");
}

/** Rejects with the first rejection of `keep`, or with `bad_request` or `message_too_long` for a form that cannot be taken. */
export async function readMultipart<T>(
  request: Request,
  { maxFieldBytes, keep }: MultipartOptions<T>,
): Promise<{ readonly fields: FormData; readonly files: T[] }> {
  const { Busboy } = await import("@fastify/busboy");
  const fields = new FormData();
  const kept: Promise<T>[] = [];
  const open = new Set<Readable>();
  const problems: HubError[] = [];

  const parser = parserFor(() => {
    const headers = { "content-type": request.headers.get("content-type") ?? "" };
    return new Busboy({ headers, limits: { ...MOST, fieldSize: maxFieldBytes } });
  });
  parser.on("field", (name, value, _isNameCut, isCut) => {
    if (isCut) problems.push(new HubError("message_too_long", { bytes: `more than ${maxFieldBytes}`, max: maxFieldBytes }));
    fields.append(name, value);
  });
  parser.on("file", (_field, stream, name, ...[, mimeType]) => {
    // Whoever reads it hears of it as well; without a listener it would end the process.
    stream.on("error", () => {});
    // So a browser sends a field in which no file was chosen.
    if (!name) return void stream.resume();
    open.add(stream);
    const content: AsyncIterable<Uint8Array> = stream.iterator({ destroyOnReturn: false });
    const work = keep({ name, mimeType, content }).finally(() => {
      open.delete(stream);
      stream.resume();
    });
    work.catch(() => {});
    kept.push(work);
  });
  for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const)
    parser.on(limit, () => problems.push(notTaken(`it has more than ${MOST.files} files or fields`)));

  try {
    await pipeline(Readable.from(request.body ?? []), parser);
  } catch (thrown) {
    for (const stream of open) stream.destroy(new Error("the form broke off"));
    problems.push(thrown instanceof HubError ? thrown : notTaken("it is not whole"));
  }
  const settled = await Promise.allSettled(kept);
  if (problems[0]) throw problems[0];
  return { fields, files: settled.map(valueOf) };
}

function valueOf<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

/** The parser throws for a type or a boundary it cannot read. */
function parserFor<P>(make: () => P): P {
  try {
    return make();
  } catch {
    throw notTaken("its type is not multipart/form-data with a boundary");
  }
}

function notTaken(why: string): HubError {
  return new HubError("bad_request", { problems: `the form cannot be read: ${why}` });
}
