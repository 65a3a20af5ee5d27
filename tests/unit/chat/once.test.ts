/** `chat --once` against a console behind a real port: one turn to its end, over a hub that dies and comes back. */
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { runChat } from "../../../src/cli/chat.ts";
import { openHubClient } from "../../../src/cli/hub-client.ts";
import { foregroundClock } from "../../../src/clock.ts";
import type { Connector } from "../../../src/contract/connector.ts";
import type { OutboundMessage } from "../../../src/contract/message.ts";
import { type Brain, type ConsoleServer, startConsoleServer } from "../../support/console-server.ts";

const servers: ConsoleServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.end();
});

async function start(brain: Brain): Promise<ConsoleServer> {
  const server = await startConsoleServer(brain);
  servers.push(server);
  return server;
}

interface Told {
  readonly code: number;
  readonly events: Record<string, unknown>[];
  readonly out: string;
  readonly err: string;
}

async function chat(
  dataDir: string,
  { isLookedAt, ...options }: Parameters<typeof runChat>[0] & { readonly isLookedAt?: boolean },
  onLine?: (line: string) => void,
): Promise<Told> {
  const [stdin, stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: isLookedAt }), new PassThrough()];
  let [out, err] = ["", ""];
  stdout.on("data", (chunk) => {
    out += String(chunk);
    for (const line of String(chunk).split("\n").filter(Boolean)) onLine?.(line);
  });
  stderr.on("data", (chunk) => (err += String(chunk)));
  if (options.once === undefined) stdin.end("from a pipe");
  const client = openHubClient({ dataDir, clock: foregroundClock });
  const io = { client, stdin, stdout, stderr, isTty: false, colour: false, clock: foregroundClock };
  const code = await runChat(options, io as unknown as Parameters<typeof runChat>[1]);
  const events = options.json
    ? out
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : [];
  return { code, events, out, err };
}

/** Speaks in the thread and trace of one message. */
function voiceIn(connector: Connector, threadId: string | undefined, trace: string) {
  const place = { chatId: "console", threadId };
  return {
    send: (message: OutboundMessage) => connector.send({ threadId, trace, ...message }),
    stream: (text: string) => connector.can?.stream?.(place, trace, text),
    end: (outcome: "done" | "failed" | "stopped", reason?: string) => connector.can?.turnEnd?.(place, { trace, outcome, reason }),
  };
}

const accept = (trace: string) => ({ type: "accepted", trace }) as const;

describe("one turn", () => {
  it.each([
    [true, "do this\n"],
    [false, "do **this**\n"],
  ])("draws Markdown where somebody looks: %s", async (isLookedAt, out) => {
    const server = await start(async ({ threadId }, connector) => {
      const voice = voiceIn(connector, threadId, "trc_1");
      void voice.send({ text: "do **this**" }).then(() => voice.end("done"));
      return accept("trc_1");
    });
    expect(await chat(server.dataDir, { once: "hi", isLookedAt })).toMatchObject({ code: 0, out });
  });

  it("prints what happened, in order, and ends with the turn", async () => {
    const server = await start(async ({ text, threadId }, connector) => {
      const voice = voiceIn(connector, threadId, "trc_1");
      void (async () => {
        await voiceIn(connector, threadId, "trc_other").send({ text: "of another turn" });
        const { receipt } = await voice.send({
          text: "working",
          card: { type: "progress", turnId: "t", state: "working", asker: "Mos", plan: [], tools: [], team: [] },
        });
        await voice.send({ text: `you said ${text}` });
        await voice.send({
          text: "see",
          card: { type: "canvas", state: "open", id: "c", title: "Sketch", kind: "page", url: "https://canvas.example.internal/c" },
        });
        await voice.send({
          text: "done",
          edits: receipt,
          card: { type: "progress", turnId: "t", state: "done", asker: "Mos", plan: [], tools: [], team: [] },
        });
        await voice.end("done");
      })();
      return accept("trc_1");
    });
    const { code, events } = await chat(server.dataDir, { once: "hello", thread: "t-a", json: true });
    expect(code).toBe(0);
    expect(events).toMatchObject([
      { type: "accepted", trace: "trc_1", thread: "t-a" },
      { type: "progress", card: { state: "working" } },
      { type: "text", text: "you said hello" },
      { type: "card", card: { type: "canvas", state: "open", title: "Sketch" } },
      { type: "progress", card: { state: "done" } },
      { type: "turn_end", outcome: "done", trace: "trc_1", thread: "t-a" },
    ]);
  });

  it("prints streamed text as what is new", async () => {
    const shown: string[] = [];
    const seen = new Map<string, () => void>();
    const until = (line: string): Promise<void> => new Promise((resolve) => (shown.includes(line) ? resolve() : seen.set(line, resolve)));
    const server = await start(async ({ threadId }, connector) => {
      const voice = voiceIn(connector, threadId, "trc_1");
      void (async () => {
        await voice.stream("Hel");
        await until("Hel");
        await voice.stream("Hello wor");
        await until("lo wor");
        await voice.send({ text: "Hello world" });
        await voice.end("done");
      })();
      return accept("trc_1");
    });
    const { events } = await chat(server.dataDir, { once: "hi", json: true }, (line) => {
      const text = String((JSON.parse(line) as { text?: string }).text);
      shown.push(text);
      seen.get(text)?.();
    });
    expect(events.map(({ type, text }) => [type, text])).toEqual([
      ["accepted", undefined],
      ["text_delta", "Hel"],
      ["text_delta", "lo wor"],
      ["text", "Hello world"],
      ["turn_end", undefined],
    ]);
  });

  it.each([
    ["done", 0],
    ["stopped", 0],
    ["failed", 1],
  ] as const)("that is %s exits %i", async (outcome, code) => {
    const server = await start(async ({ threadId }, connector) => {
      void voiceIn(connector, threadId, "trc_1").end(outcome, "because");
      return accept("trc_1");
    });
    expect((await chat(server.dataDir, { once: "hi", json: true })).code).toBe(code);
  });

  it("that is refused exits 77 and says why, in words and in JSON", async () => {
    const server = await start(async () => ({ type: "refused", privateText: "I do not know you." }));
    const json = await chat(server.dataDir, { once: "hi", json: true });
    expect(json).toMatchObject({ code: 77, events: [{ type: "turn_end", outcome: "refused", reason: "I do not know you." }] });
    const plain = await chat(server.dataDir, { once: "hi" });
    expect([plain.code, plain.out, plain.err]).toEqual([77, "", "refused: I do not know you.\n"]);
  });

  it("takes what is piped in as the message, and prints text without escapes", async () => {
    const server = await start(async ({ text, threadId }, connector) => {
      const voice = voiceIn(connector, threadId, "trc_1");
      void voice.send({ text: `\u001b[31m${text}\u001b[0m \u001b]0;title\u0007and \u202egnp\u202c` }).then(() => voice.end("done"));
      return accept("trc_1");
    });
    const { out, code } = await chat(server.dataDir, {});
    expect([code, out]).toEqual([0, "from a pipe and \u{fffd}gnp\u{fffd}\n"]);
  });

  it("that does not end in time exits 75", async () => {
    const server = await start(async () => accept("trc_1"));
    const { code, err } = await chat(server.dataDir, { once: "hi", timeoutMs: 300 });
    expect([code, err]).toMatchObject([75, expect.stringMatching(/did not end within/)]);
  });
});

describe("a hub that goes away", () => {
  it("in mid-turn and comes back: nothing is lost and nothing is told twice", async () => {
    const server = await start(async ({ threadId }, connector) => {
      void voiceIn(connector, threadId, "trc_1").send({ text: "before" });
      return accept("trc_1");
    });
    const restart = async (): Promise<void> => {
      await server.kill();
      await server.start();
      const voice = voiceIn(server.connector(), "main", "trc_1");
      await voice.send({ text: "while you were away" });
      await voice.end("done");
    };
    let restarted: Promise<void> | undefined;
    const { code, events } = await chat(server.dataDir, { once: "hi", json: true }, (line) => {
      if (line.includes("before")) restarted = restart();
    });
    await restarted;
    expect(code).toBe(0);
    expect(events.map(({ type, text, state }) => text ?? state ?? type)).toEqual([
      "accepted",
      "before",
      "lost",
      "back",
      "while you were away",
      "turn_end",
    ]);
  });

  it("before it has taken the message: the same message is sent again, and is one", async () => {
    const eventIds: string[] = [];
    let restarted: Promise<void> | undefined;
    const server = await start(async ({ threadId, eventId }, connector) => {
      eventIds.push(eventId);
      if (eventIds.length === 1) {
        restarted = server.kill().then(server.start);
        return new Promise(() => {});
      }
      void voiceIn(connector, threadId, "trc_1").end("done");
      return accept("trc_1");
    });
    const { code } = await chat(server.dataDir, { once: "hi", json: true });
    await restarted;
    expect([code, eventIds.length, new Set(eventIds).size]).toEqual([0, 2, 1]);
  });

  it.each([
    ["was never there", async () => {}, /No hub is running/],
    ["is gone but left its address", async (server: ConsoleServer) => server.kill(), /No hub is running/],
  ])("and %s: says so at once", async (what, prepare, words) => {
    const server = await start(async () => accept("trc_1"));
    await prepare(server);
    const dataDir = what === "was never there" ? `${server.dataDir}/nothing` : server.dataDir;
    await expect(chat(dataDir, { once: "hi" })).rejects.toThrow(words);
  });
});
