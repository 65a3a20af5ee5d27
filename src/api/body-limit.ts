/** The limit of a body that is handed on while it comes: nothing of it is held here, however it was sent. */
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
