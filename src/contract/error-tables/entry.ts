/** What the hub says of one error. */
import type { Verdict } from "../message.ts";

export interface ErrorEntry {
  /** A sentence for a person. `{name}` is filled from the error's details. */
  readonly sentence: string;
  /** What the person can do. */
  readonly remedy: string;
  readonly verdict: Verdict["do"];
  /** Exit code of a command that ends with this error (sysexits: 64 usage, 69 unavailable, 73/74 files, 75 try again, 77 not allowed, 78 configuration). */
  readonly exitCode: number;
}
