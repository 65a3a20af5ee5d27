/** The chat a start opens, and the life of its hub. Invariant: a chat that fails leaves a hub that Ctrl-C stops as it should. */
import { asHubError } from "../contract/errors.ts";

/** Resolves when the hub is to stop: the person has left the chat, or `ended`, which ends the chat, too. Never rejects. */
export async function chatUntil(
  ended: Promise<void>,
  open: (leave: AbortSignal) => Promise<unknown>,
  say: (text: string) => void,
): Promise<void> {
  const leave = new AbortController();
  void ended.then(() => leave.abort());
  try {
    await open(leave.signal);
  } catch (thrown) {
    say(`! The chat cannot go on: ${asHubError(thrown).message} The hub runs on; Ctrl-C stops it.`);
    await ended;
  }
}
