/**
 * The rehearsal's own account of what it was given: one JSON line for each prompt, on the disk before the answer begins.
 * Invariant: a line is never changed; what tests and people read here happened, whatever died afterwards.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export type LedgerLine =
  | {
      readonly event: "prompt";
      readonly agentSessionId: string;
      readonly promptIndex: number;
      readonly text: string;
      readonly files?: readonly { readonly name: string; readonly mimeType: string; readonly sizeBytes: number; readonly as: string }[];
    }
  | { readonly event: "finished" | "cancelled"; readonly agentSessionId: string; readonly promptIndex: number };

export interface Ledger {
  /** Returns once the line is on the disk. */
  append(line: LedgerLine): void;
}

export function createLedger(file: string, now: () => number): Ledger {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return {
    append(line) {
      const handle = openSync(file, "a", 0o600);
      try {
        writeSync(handle, `${JSON.stringify({ at: new Date(now()).toISOString(), pid: process.pid, ...line })}\n`);
        fsyncSync(handle);
      } finally {
        closeSync(handle);
      }
    },
  };
}
