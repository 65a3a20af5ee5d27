/** A stream of events ends when what it was opened with is revoked: who signed out sees nothing more, nor does whoever had stolen it. */
import type { Journal } from "../store/journal.ts";

export interface Validity {
  readonly journal: Journal;
  readonly isValid: () => Promise<boolean>;
}

/** The response as it is, unless it is a stream of server-sent events. */
export function untilRevoked(response: Response, { journal, isValid }: Validity): Response {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!isStream || response.body === null) return response;
  const gone = new AbortController();
  const unsubscribe = journal.onChange((tables) => {
    if (tables.has("credentials") || tables.has("people"))
      void isValid().then(
        (valid) => valid || gone.abort(),
        () => gone.abort(),
      );
  });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  // Ends by the reader, the writer or the revocation; none of them is anybody's error.
  void response.body
    .pipeTo(writable, { signal: gone.signal })
    .catch(() => {})
    .finally(unsubscribe);
  return new Response(readable, response);
}
