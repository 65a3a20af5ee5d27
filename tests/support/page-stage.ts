/**
 * The console's page behind a real port with somebody signed in, and a stand-in for the hub that plays every kind of card on a word.
 * Run by itself (`node tests/support/page-stage.ts`) it prints an address to look at.
 */
import { serve } from "@hono/node-server";
import { Keyv } from "keyv";
import type { Caller, Connector } from "../../src/contract/connector.ts";
import type { Ack, ApprovalCard, Card, ConnectorEvent, InboundMessage, QuestionCard } from "../../src/contract/message.ts";
import { createBlobs } from "../../src/blobs/blobs.ts";
import { createConsole } from "./harnesses/console.ts";
import { temporaryFolder } from "./stores.ts";

export const HOME = "/connectors/console";

/** As the hub's door sets it on every answer. */
const CONTENT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; " +
  "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const ADA: Caller = { type: "person", personId: "per_ada", name: "Ada", assurance: "platform" };
const MAX_FILE_BYTES = 1_000_000;
const GIVEN_AT = Date.parse("2026-11-20T09:30:00Z");

export interface Stage {
  readonly url: string;
  readonly connector: Connector;
  /** Cuts every connection and stops listening; `open` listens again at the same address. */
  close(): Promise<void>;
  open(): Promise<void>;
  /** Closes, and takes its files away. */
  end(): Promise<void>;
}

export async function openStage(state: Keyv = new Keyv()): Promise<Stage> {
  const blobs = temporaryFolder();
  const connector = createConsole(state, undefined, createBlobs({ dir: blobs.dir, maxBytes: MAX_FILE_BYTES }));
  const hub = createStandIn(connector);
  connector.subscribe(hub.take);
  connector.onEvent?.(hub.press);
  let port = 0;
  let stop = async (): Promise<void> => {};

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const response = await connector.http?.(request, pathname.slice(HOME.length), ADA);
    if (!pathname.startsWith(HOME) || response === undefined) return new Response("not here", { status: 404 });
    const headers = new Headers(response.headers);
    headers.set("content-security-policy", CONTENT_POLICY);
    headers.set("x-content-type-options", "nosniff");
    headers.set("referrer-policy", "no-referrer");
    return new Response(response.body, { status: response.status, headers });
  }

  async function open(): Promise<void> {
    await new Promise<void>((resolve) => {
      const server = serve({ fetch: answer, port, hostname: "127.0.0.1" }, (address) => {
        port = address.port;
        resolve();
      });
      stop = async () => {
        if ("closeAllConnections" in server) server.closeAllConnections();
        await new Promise((closed) => server.close(closed));
      };
    });
  }

  await open();
  return { url: `http://127.0.0.1:${port}${HOME}/`, connector, open, close: () => stop(), end: async () => stop().finally(blobs.dispose) };
}

interface StandIn {
  take(message: InboundMessage): Promise<Ack>;
  press(event: ConnectorEvent): Promise<Ack>;
}

function createStandIn(connector: Connector): StandIn {
  const shown = new Map<string, { card: ApprovalCard | QuestionCard; messageId: string; threadId: string | undefined }>();
  let turns = 0;

  async function show(card: Card, threadId: string | undefined, trace: string): Promise<void> {
    const { messageId = "" } = await connector.send({ text: `card ${card.type}`, threadId, card, trace });
    if (card.type === "approval" || card.type === "question") shown.set(`${card.type}:${card.id}`, { card, messageId, threadId });
  }

  async function play({ text, threadId }: InboundMessage, trace: string): Promise<void> {
    const place = { chatId: "console", threadId };
    await connector.can?.typing?.(place);
    const [word = ""] = text.toLowerCase().split(/\s/);
    const cards = SAMPLE_CARDS[word];
    if (cards !== undefined) for (const card of cards(trace)) await show(card, threadId, trace);
    const answer = word === "stream" ? LONG_ANSWER : cards === undefined ? `Echo: ${text}` : "";
    if (word === "stream")
      for (let at = 40; at < answer.length; at += 40) {
        await connector.can?.stream?.(place, trace, answer.slice(0, at));
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
    if (answer !== "") await connector.send({ text: answer, threadId, trace });
    await connector.can?.turnEnd?.(place, { trace, outcome: "done" });
  }

  return {
    async take(message) {
      if (message.text.startsWith("refuse")) return { type: "refused", privateText: "You may look here, and not speak." };
      if (message.text.startsWith("private")) return { type: "privateText", text: "Only for you: noted.", trace: "trc_private" };
      const trace = `trc_${(turns += 1)}`;
      void play(message, trace);
      return { type: "accepted", trace };
    },
    async press(event) {
      if (event.type !== "action") return { type: "accepted", trace: event.eventId };
      const found = shown.get(event.subject);
      if (found === undefined) return { type: "privateText", text: "This is no longer asked.", trace: event.eventId };
      const { card, messageId, threadId } = found;
      const changed: Card =
        card.type === "question"
          ? { ...card, state: "answered", answer: Object.values(event.values ?? {}).join(", "), answeredBy: "Ada" }
          : {
              ...card,
              state: event.choice === "approve" ? "approved" : "denied",
              decidedBy: "Ada",
              decidedAt: GIVEN_AT,
              decisionReason: event.values?.["reason"],
            };
      await connector.send({ text: "changed", threadId, edits: { messageId }, card: changed });
      return {
        type: "privateText",
        text: card.type === "question" ? "Thank you." : `${card.code} is ${changed.state}.`,
        trace: event.eventId,
      };
    },
  };
}

const LONG_ANSWER = `## How a message travels

1. You write it, in whatever place you like.
2. The hub writes it down **before** it says that it has it.
3. It waits in the lane of this thread, behind what you said before.

> Nothing is said to be delivered that is not on a disk.

\`\`\`ts
const answer = await orchestrator.deliver(turn);
\`\`\`

| step | promise |
| --- | --- |
| journal | never lost |
| outbox | never twice |

Each piece of this answer changes the same message in place, no faster than you can read. See [the design](https://example.internal/design).`;

const approval = (more: Partial<ApprovalCard>): ApprovalCard => ({
  type: "approval",
  id: "apr_1",
  code: "K7QF",
  state: "pending",
  title: "Push the branch release/2.4 to origin",
  class: "yellow_external",
  asker: "Mos",
  reason: "The release notes are ready and the tests are green.",
  action: "command: git push origin release/2.4\ncwd: /srv/shop",
  digest: "0".repeat(64),
  expiresAt: GIVEN_AT + 24 * 3_600_000,
  ...more,
});

const question = (more: Partial<QuestionCard>): QuestionCard => ({
  type: "question",
  id: "qst_1",
  code: "M3XW",
  state: "pending",
  asker: "Mos",
  text: "What should the coffee of the week be?",
  form: {
    title: "",
    fields: [
      { name: "coffee", label: "Name of the coffee", kind: "text", required: true },
      {
        name: "size",
        label: "Size",
        kind: "choice",
        required: false,
        options: [
          { value: "small", label: "Small" },
          { value: "large", label: "Large" },
        ],
      },
      { name: "cups", label: "Cups", kind: "number", required: false },
      { name: "takeaway", label: "To take away", kind: "boolean", required: false },
    ],
  },
  ...more,
});

/** A word of a person → the cards it brings. `id` is different for each turn. */
export const SAMPLE_CARDS: Readonly<Record<string, (id: string) => readonly Card[]>> = {
  approve: (id) => [approval({ id })],
  decided: (id) => [
    approval({ id, state: "consumed", class: "red", decidedBy: "Ada", decidedAt: GIVEN_AT }),
    approval({
      id: `${id}b`,
      state: "denied",
      class: "critical_red",
      decidedBy: "Bob",
      decidedAt: GIVEN_AT,
      decisionReason: "not on a Friday",
    }),
    approval({ id: `${id}c`, state: "expired", class: "green", similarPending: true }),
  ],
  ask: (id) => [question({ id })],
  link: (id) => [
    question({
      id,
      text: "Sign in there, then come back.",
      url: "https://login.example.internal/device?code=ABCD",
      form: { title: "Sign in", fields: [{ name: "done", label: "I have done it", kind: "boolean", required: true }] },
    }),
  ],
  deploy: (id) => [
    {
      type: "deploy",
      id,
      app: "coffee-shop",
      environment: "production",
      state: "live",
      elapsedMs: 42_000,
      revision: { ref: "main", sha: "4be1a09c77", subject: "Prices of the autumn", author: "Ada" },
      urls: { live: "https://coffee.example.internal", logs: "https://ci.example.internal/runs/812" },
      setups: [
        { kind: "domain", name: "coffee.example", state: "records", records: ["A     @    192.0.2.10", "TXT   _mos verify=81f2"] },
        { kind: "payments", name: "Baray", state: "credential", url: "https://pay.example.internal/keys" },
      ],
    },
    {
      type: "deploy",
      id: `${id}b`,
      app: "coffee-shop",
      environment: "preview",
      state: "failed",
      revision: { ref: "menu", sha: "90aa11bc" },
      urls: { logs: "https://ci.example.internal/runs/813" },
      failureTail: "npm error missing script: build\nnpm error A complete log of this run is kept.",
    },
    { type: "deploy", id: `${id}c`, app: "docs", environment: "production", state: "building", urls: {} },
  ],
  canvas: (id) => [
    {
      type: "canvas",
      state: "open",
      id,
      title: "Menu of the week",
      kind: "page",
      url: "https://canvas.example.internal/c/8sk2",
      expiresAt: GIVEN_AT,
    },
    {
      type: "canvas",
      state: "open",
      id: `${id}b`,
      title: "Order form",
      kind: "form",
      note: "There is no public address under which it could be opened.",
    },
  ],
  progress: (id) => [
    {
      type: "progress",
      turnId: id,
      state: "working",
      asker: "Mos",
      plan: [
        { id: "1", title: "Look", state: "done" },
        { id: "2", title: "Think", state: "running" },
        { id: "3", title: "Answer", state: "pending" },
      ],
      tools: [{ id: "4", title: "Read menu.md", state: "done" }],
      team: [
        { id: "5", title: "Archon", state: "running", summary: "drawing the layout" },
        { id: "6", title: "Forge", state: "failed", summary: "no such file" },
      ],
    },
    { type: "notice", level: "info", text: "The agent was started **anew**." },
    { type: "notice", level: "warning", text: "Mos stopped unexpectedly. It is being started again." },
    { type: "notice", level: "error", text: "**coffee-shop** (preview) failed to deploy." },
  ],
};

if (import.meta.main) {
  const { url } = await openStage();
  console.log(url);
}
