import { expect, test } from "vitest";
import { chatUntil } from "../../../src/cli/chat-until.ts";
import { HubError } from "../../../src/contract/errors.ts";

test("a chat that fails says so and leaves the hub running until it is asked to stop", async () => {
  const said: string[] = [];
  let isOver = false;
  const { promise: ended, resolve: stop } = Promise.withResolvers<void>();
  const running = chatUntil(
    ended,
    () => Promise.reject(new HubError("no_console")),
    (text) => said.push(text),
  ).then(() => (isOver = true));
  await expect.poll(() => said).toEqual([expect.stringMatching(/^! The chat cannot go on: This hub has no console.*Ctrl-C stops it\.$/)]);
  expect(isOver).toBe(false);
  stop();
  await running;
});

test("a hub that is asked to stop ends the chat", async () => {
  const { promise: ended, resolve: stop } = Promise.withResolvers<void>();
  const open = (leave: AbortSignal): Promise<void> => new Promise((resolve) => leave.addEventListener("abort", () => resolve()));
  const running = chatUntil(ended, open, () => {});
  stop();
  await expect(running).resolves.toBeUndefined();
});
