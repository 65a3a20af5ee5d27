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
  const reader = response.body.getReader();
  // A read that waits ends when its reader is cancelled.
  const end = (): void => void reader.cancel();
  const unsubscribe = journal.onChange((tables) => {
    if (tables.has("credentials") || tables.has("people")) void isValid().then((valid) => valid || end(), end);
  });
  const readable = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value } = await reader.read();
      if (value !== undefined) return controller.enqueue(value);
      unsubscribe();
      controller.close();
    },
    async cancel() {
      unsubscribe();
      await reader.cancel();
    },
  });
  return new Response(readable, response);
}
