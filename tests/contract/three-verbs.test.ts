/** A program of a fleet that knows three verbs and nothing of a hub. Its types are its own; nothing of the contract is imported. */
import { expect, it } from "vitest";
import { KIND_DEFAULTS, KNOWN_CONNECTOR_KINDS, registerAll } from "../../connectors/index.ts";
import { createRegistry } from "../../src/registry.ts";

interface FleetConnector {
  send(message: {
    text: string;
    threadId?: string;
    attachments?: { name: string; mimeType: string; sizeBytes: number; path: string }[];
  }): Promise<{ delivered: boolean; messageId?: string | undefined; error?: string | undefined }>;
  subscribe(handler: (message: { text: string; threadId?: string | undefined; sender: string; ts: string }) => void): () => void;
  health(): Promise<{ reachable: boolean; authenticated: boolean; lastSeen?: string | undefined; detail?: string | undefined }>;
}

/** The program: answers everything with an echo in the same thread, and reports. */
async function runEcho(connector: FleetConnector, until: Promise<void>): Promise<string[]> {
  const report: string[] = [];
  const answers: Promise<unknown>[] = [];
  const leave = connector.subscribe(({ text, threadId, sender, ts }) => {
    answers.push(connector.send(threadId === undefined ? { text: `echo: ${text}` } : { text: `echo: ${text}`, threadId }));
    report.push(`${sender} ${Number.isNaN(Date.parse(ts)) ? "at no time" : "said"}: ${text}`);
  });
  const hello = await connector.send({
    text: "I am here",
    attachments: [{ name: "a.txt", mimeType: "text/plain", sizeBytes: 2, path: "a.txt" }],
  });
  const { reachable, authenticated } = await connector.health();
  report.unshift(`delivered ${hello.delivered}, reachable ${reachable}, authenticated ${authenticated}`);
  await until;
  leave();
  await Promise.all(answers);
  return report;
}

it("uses the console unchanged, with no configuration and no hub", async () => {
  const registry = createRegistry({ known: KNOWN_CONNECTOR_KINDS, ...KIND_DEFAULTS });
  await registerAll(registry);
  const connector = registry.createConnector();
  let stop = (): void => {};
  const running = runEcho(connector, new Promise((resolve) => (stop = resolve)));

  const url = "http://hub.example.internal/connectors/console/";
  const request = new Request(`${url}messages`, { method: "POST", body: JSON.stringify({ text: "hello", thread: "t-9", clientId: "c1" }) });
  expect((await connector.http?.(request, "/messages", { type: "token" }))?.status).toBe(202);
  stop();

  expect(await running).toEqual(["delivered true, reachable true, authenticated true", "local said: hello"]);
  const page = await connector.http?.(new Request(`${url}threads/t-9`), "/threads/t-9", { type: "token" });
  expect(await page?.json()).toMatchObject({ messages: [{ text: "hello" }, { text: "echo: hello" }] });
  await connector.close();
});
