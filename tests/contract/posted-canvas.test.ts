/** Canvases that an orchestrator posts over HTTP: what is wrong with one is told to whoever posts it, and then nothing of the report is taken. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createConsoleCalls } from "../../src/cli/chat/console-calls.ts";
import { createClient } from "../../src/client.ts";
import type { CanvasContent } from "../../src/contract/canvas.ts";
import { until } from "../support/hub-process.ts";
import { startInProcess } from "../support/in-process-hub.ts";

let hub: Awaited<ReturnType<typeof startInProcess>>;
let mos: ReturnType<ReturnType<typeof createClient>["orchestrator"]>;
beforeAll(async () => {
  hub = await startInProcess("orchestrator: { driver: http, name: mos }");
  const { token } = await hub.client.tokens.create({ name: "mos", scopes: ["orchestrate"], days: 1 });
  mos = createClient({ where: async () => ({ url: hub.url, token }) }).orchestrator("mos");
}, 60_000);
afterAll(() => hub?.end());

const calls = () => createConsoleCalls(hub.client, "/connectors/console");
const textsIn = async (thread: string): Promise<string[]> => (await calls().page(thread, 50)).messages.map(({ text }) => text);

interface Talk {
  readonly thread: string;
  readonly session: string;
}

/** A turn that the orchestrator has. */
async function begin(): Promise<Talk> {
  const thread = crypto.randomUUID();
  await calls().post({ text: `begin ${thread}`, thread, clientId: crypto.randomUUID() });
  let session = "";
  await until("the turn is there", async () => {
    const { deliveries } = await mos.inbox({ wait_ms: 1000 });
    await mos.inbox({ ack: deliveries.map(({ id }) => id), limit: 0 });
    const turn = deliveries.find((one) => one.type === "turn" && one.text === `begin ${thread}`);
    session = turn?.session ?? "";
    return turn !== undefined;
  });
  return { thread, session };
}

/** The `ask_id`. */
async function ask({ session }: Talk, what: string): Promise<string> {
  const { asks } = await mos.report({
    session,
    events: [{ type: "approval_request", ask: { title: what, action: { run: what }, class: "red" } }],
  });
  return asks[0] ?? "";
}

const share = ({ session }: Talk, content: CanvasContent) =>
  mos.report({
    session,
    events: [
      { type: "text", text: "Before it." },
      { type: "canvas", share: { title: "Look", content } },
    ],
  });

describe("what is wrong is told to whoever posts it, and nothing of the report is taken", { timeout: 60_000 }, () => {
  async function question({ session }: Talk): Promise<string> {
    const fields = [{ name: "a", label: "A", kind: "text" as const }];
    return (await mos.report({ session, events: [{ type: "question", ask: { text: "Which?", fields } }] })).asks[0] ?? "";
  }
  const secret: CanvasContent["form"] = {
    fields: [{ name: "p", label: "Your password", kind: "text", required: true }],
    buttons: ["Send"],
  };

  test.each([
    ["an approval that nobody asked for", async () => ({ approvals: ["apr_none"] })],
    ["one beside a right one", async (talk) => ({ approvals: [await ask(talk, "mine"), "apr_none"] })],
    ["one of another conversation", async () => ({ approvals: [await ask(await begin(), "theirs")] })],
    ["a question", async (talk) => ({ approvals: [await question(talk)] })],
    ["a form that asks for a secret", async () => ({ form: secret })],
  ] as [string, (talk: Talk) => Promise<CanvasContent>][])("%s", async (_what, make) => {
    const talk = await begin();
    const content = await make(talk);
    const wrong = Array.isArray(content.approvals) ? (content.approvals.at(-1) ?? "") : "";
    const refused =
      wrong === ""
        ? {
            status: 400,
            code: "bad_request",
            message: expect.stringContaining('a form never asks for a secret ("Your password")') as string,
          }
        : {
            status: 404,
            code: "canvas_approval_unknown",
            message: expect.stringContaining(`${wrong}, as content.approvals names it`) as string,
          };
    await expect(share(talk, content)).rejects.toMatchObject(refused);
    await mos.report({ session: talk.session, events: [{ type: "text", text: "And on it goes." }, { type: "turn_end" }] });
    await until("it goes on", async () => (await textsIn(talk.thread)).includes("And on it goes."));
    const { messages } = await calls().page(talk.thread, 50);
    expect(messages.map(({ text }) => text).join()).not.toMatch(/Before it|could not/);
    expect(messages.flatMap(({ card }) => (card?.type === "canvas" || card?.type === "notice" ? [card] : []))).toEqual([]);
  });
});

test(
  "an approval asked for just before is shown, by the id of a second asking for exactly the same, too",
  { timeout: 60_000 },
  async () => {
    const talk = await begin();
    const ids = [await ask(talk, "deploy"), await ask(talk, "deploy")];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) {
      const { canvases } = await share(talk, { approvals: [id] });
      expect(canvases).toEqual([expect.stringMatching(/^cnv_/)]);
    }
    const cards = async () => (await calls().page(talk.thread, 50)).messages.flatMap(({ card }) => (card ? [card.type] : []));
    await until("both are shown", async () => (await cards()).filter((type) => type === "canvas").length === 2);
    expect((await cards()).filter((type) => type === "approval")).toHaveLength(1);
    expect((await textsIn(talk.thread)).join()).not.toContain("could not");
  },
);
