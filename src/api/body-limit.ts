/** Bodies that are handed on while they come: nothing of them is held here, however they were sent. */
import { HubError } from "../contract/errors.ts";

/**
 * The same request, whose body breaks off with `message_too_long` above `maxBytes`. Throws it at once when the request says that it is longer;
 * what says how long it is cannot be longer than that.
 */
export function withLimitedBody(request: Request, maxBytes: number): Request {
  const tooLong = (): HubError => new HubError("message_too_long", { bytes: `more than ${maxBytes}`, max: maxBytes });
  const length = request.headers.get("content-length");
  if (Number(length ?? 0) > maxBytes) throw tooLong();
  if (length !== null || request.body === null) return request;
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(tooLong());
      else controller.enqueue(chunk);
    },
  });
  return new Request(request, { body: request.body.pipeThrough(counted), duplex: "half" } as RequestInit);
}

/** More than this nobody reads for the sake of an answer. */
const REST_BYTES = 64 * 1024 * 1024;

/**
 * Reads what of a body its taker has left: where a request is refused on the way, its sender would else see a broken connection in place of the
 * answer, and the next request over that connection would wait for ever. Never rejects.
 */
export async function readRest({ method, body }: Request): Promise<void> {
  if (method === "GET" || method === "HEAD" || body === null || body.locked) return;
  const reader = body.getReader();
  try {
    let rest = REST_BYTES;
    for (let next = await reader.read(); !next.done; next = await reader.read())
      if ((rest -= next.value.byteLength) < 0) return await reader.cancel();
  } catch {
    // Nobody sends any more.
  }
}
