/** What people see of a recording connector in the end: its messages in order, changed in place where they were changed. */
import type { RecordingConnector } from "./recording-connector.ts";

export function screenOf({ calls, shown }: Pick<RecordingConnector, "calls" | "shown">): string[] {
  const screen = new Map<string, string>();
  let arrived = 0;
  for (const { text, edits } of calls) {
    // What did not arrive stands in `calls` alone.
    if (shown[arrived] !== text) continue;
    arrived += 1;
    screen.set(edits?.messageId ?? `m${arrived}`, text);
  }
  return [...screen.values()];
}
