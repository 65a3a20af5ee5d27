/** Tells an open canvas that there is another version, or that it has ended. Ends with whatever let its reader in. */
import type { Clock } from "../../clock.ts";
import type { Journal } from "../../store/journal.ts";

export interface Watching {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly id: string;
  /** Rejects or is false once the reader may look no longer. */
  readonly isValid: () => Promise<boolean>;
}

/** Proxies end what is silent for a minute. */
const ALIVE_MS = 25_000;

/** Server-sent events: `revision` with the latest number, first of all the one of now; `ended`. */
export function revisionEvents({ journal, clock, id, isValid }: Watching): Response {
  const encoder = new TextEncoder();
  const undo: (() => void)[] = [];
  const close = (): void => undo.splice(0).forEach((one) => one());
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string): void => controller.enqueue(encoder.encode(text));
      const look = async (): Promise<void> => {
        const row = await journal.store.get("canvases", id);
        if (row?.state === "open" && (await isValid())) return write(`event: revision\ndata: ${row.revision}\n\n`);
        end();
      };
      const end = (): void => {
        if (undo.length === 0) return;
        close();
        write("event: ended\ndata: \n\n");
        controller.close();
      };
      const stayAlive = (): void => {
        const cancel = clock.setTimer(ALIVE_MS, () => {
          undo.splice(undo.indexOf(cancel), 1);
          write(": alive\n\n");
          stayAlive();
        });
        undo.push(cancel);
      };
      undo.push(
        journal.onChange((tables) => {
          if (tables.has("canvases") || tables.has("views") || tables.has("people")) look().catch(end);
        }),
      );
      stayAlive();
      look().catch(end);
    },
    cancel: close,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" } });
}
