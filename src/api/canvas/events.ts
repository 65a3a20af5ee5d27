/** Tells an open canvas that there is another version, what became of its approvals, or that it has ended. Ends with whatever let its reader in. */
import type { Clock } from "../../clock.ts";
import type { Row } from "../../contract/tables.ts";
import { createSerial } from "../../serial.ts";
import type { Journal } from "../../store/journal.ts";

export interface Watching {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly id: string;
  /** Rejects or is false once the reader may look no longer. */
  readonly isValid: () => Promise<boolean>;
  /** The approvals below it, as this reader is to see them now; "" for none. */
  readonly drawApprovals: (canvas: Row<"canvases">) => Promise<string>;
}

/** What a change may be of that shows: versions, approvals, who may look and who may decide. */
const WATCHED = ["canvases", "views", "approvals", "people", "credentials"] as const;
/** Proxies end what is silent for a minute. */
const ALIVE_MS = 25_000;

/** Server-sent events: `revision` with the latest number and `approvals` with what they look like, first of all those of now; `ended`. */
export function canvasEvents({ journal, clock, id, isValid, drawApprovals }: Watching): Response {
  const encoder = new TextEncoder();
  const undo: (() => void)[] = [];
  const close = (): void => undo.splice(0).forEach((one) => one());
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (text: string): void => controller.enqueue(encoder.encode(text));
      let told: { revision?: number | null; approvals: string } = { approvals: "" };
      const look = async (): Promise<void> => {
        const row = await journal.store.get("canvases", id);
        if (row?.state !== "open" || !(await isValid())) return end();
        const now = { revision: row.revision, approvals: await drawApprovals(row) };
        if (now.revision !== told.revision) write(`event: revision\ndata: ${now.revision}\n\n`);
        if (now.approvals !== told.approvals) write(`event: approvals\ndata: ${JSON.stringify(now.approvals)}\n\n`);
        told = now;
      };
      // One after the other, so that what is told last is what is so; of several that wait one is enough.
      const looks = createSerial();
      let waits = false;
      const lookAgain = (): void => {
        if (waits) return;
        waits = true;
        looks.run("look", () => ((waits = false), look())).catch(end);
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
          if (WATCHED.some((table) => tables.has(table))) lookAgain();
        }),
      );
      stayAlive();
      lookAgain();
    },
    cancel: close,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" } });
}
