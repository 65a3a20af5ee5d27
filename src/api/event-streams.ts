/** Streams of events: how they are made, and that they end when what they were opened with is revoked. */
import type { Journal } from "../store/journal.ts";

/** Asks for the next frame only when the reader has room; a reader that leaves ends it at its next frame. */
export function streamOf(frames: AsyncGenerator<string>, greeting: string): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(utf8.encode(`: ${greeting}\n\n`)),
    async pull(controller) {
      const { value, done } = await frames.next();
      if (done === true) controller.close();
      else controller.enqueue(utf8.encode(value));
    },
    cancel: () => void frames.return(undefined),
  });
}

export interface Validity {
  readonly journal: Journal;
  readonly isValid: () => Promise<boolean>;
}

/** The response as it is, unless it is a stream of server-sent events: who signed out sees nothing more, nor does whoever had stolen it. */
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
