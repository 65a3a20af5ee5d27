/**
 * What every connector promises, as one suite. A connector brings a harness: how a person on its platform says something, and what they see.
 * A power a connector does not declare is not tested; one it declares is proved.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { Connector, ConnectorDefinition, Powers } from "../../src/contract/connector.ts";
import type { ApprovalCard, ConnectorEvent, InboundMessage } from "../../src/contract/message.ts";

/** One platform, faked or real, with one person on it. */
export interface Rig {
  readonly connector: Connector;
  /** The person says it. Resolves when the platform got its acknowledgement or was left without. `again`: the platform delivers the last one once more. */
  say(text: string, options?: { readonly threadId?: string; readonly again?: boolean }): Promise<{ readonly acknowledged: boolean }>;
  /** The person presses something on the card of this subject. */
  press?(subject: string, choice: string): Promise<{ readonly acknowledged: boolean }>;
  /** Everything the person can see, oldest first, edits applied. */
  shown(): Promise<readonly Shown[]>;
  /** What somebody else in the same chat can see. */
  shownToOthers(): Promise<readonly Shown[]>;
  /** Runs `work` and gives what passed by unkept meanwhile: text as it is written, and "is typing". */
  glimpsed(work: () => Promise<void>): Promise<readonly ({ readonly typing: true } | { readonly text: string })[]>;
  /** Ends of turns the person's face was told. */
  turnEnds(): Promise<readonly string[]>;
  /** Another connector on the same durable state and the same platform, as after a crash. */
  restart(): Promise<Rig>;
  end(): Promise<void>;
}

export interface Shown {
  readonly messageId: string;
  readonly threadId?: string | undefined;
  readonly text: string;
  readonly hasButtons: boolean;
  readonly reactions: readonly string[];
}

export interface ConnectorHarness {
  readonly kind: string;
  readonly setUp: () => Promise<Rig>;
}

export function connectorSuite(definition: ConnectorDefinition, harness: ConnectorHarness): void {
  const rigs: Rig[] = [];
  const setUp = async (): Promise<Rig> => {
    const rig = await harness.setUp();
    rigs.push(rig);
    return rig;
  };
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.end();
  });

  describe(`connector ${definition.kind}`, () => {
    describe("members", () => membersSuite(definition, setUp));
    describe("inbound", () => inboundSuite(setUp));
    describe("outbound", () => outboundSuite(setUp));
    describe("powers", () => powersSuite(setUp));
  });
}

type SetUp = () => Promise<Rig>;

function membersSuite(definition: ConnectorDefinition, setUp: SetUp): void {
  it("has the mandatory members and its own kind", async () => {
    const { connector } = await setUp();
    expect(connector.kind).toBe(definition.kind);
    for (const member of ["send", "subscribe", "health", "close"] as const) expect(connector[member]).toBeTypeOf("function");
  });

  it("says what it is and what it reads from the environment", () => {
    expect(definition.summary).toMatch(/\.$/);
    for (const { name, purpose } of definition.environment) {
      expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
      expect(purpose).not.toBe("");
    }
  });

  it("tells its health in the shape everybody reads, also when it is closed", async () => {
    const { connector } = await setUp();
    const open = await connector.health();
    expect(open).toMatchObject({ reachable: true, authenticated: true });
    if (open.lastSeen !== undefined) expect(new Date(open.lastSeen).toISOString()).toBe(open.lastSeen);
    await connector.close();
    expect(await connector.health()).toMatchObject({ reachable: false });
  });

  it("closes twice", async () => {
    const { connector } = await setUp();
    await connector.close();
    await expect(connector.close()).resolves.toBeUndefined();
  });
}

function inboundSuite(setUp: SetUp): void {
  it("delivers the words with sender, time, place and event id", async () => {
    const rig = await setUp();
    const heard = listen(rig.connector);
    expect(await rig.say("hello there")).toEqual({ acknowledged: true });
    expect(heard).toHaveLength(1);
    const [message] = heard;
    expect(message).toMatchObject({ text: "hello there" });
    for (const field of [message?.sender, message?.chatId, message?.eventId]) expect(field).toMatch(/./);
    expect(new Date(message?.ts ?? "").toISOString()).toBe(message?.ts);
  });

  it("acknowledges only after the handler has resolved", async () => {
    const rig = await setUp();
    const order: string[] = [];
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const entered = new Promise<void>((resolve) => {
      rig.connector.subscribe(async () => {
        resolve();
        await held;
        order.push("handled");
      });
    });
    const said = rig.say("wait for it").then(({ acknowledged }) => order.push(`acknowledged: ${acknowledged}`));
    await entered;
    order.push("still held");
    release();
    await said;
    expect(order).toEqual(["still held", "handled", "acknowledged: true"]);
  });

  it("does not acknowledge what the handler rejected, and takes it when it comes again", async () => {
    const rig = await setUp();
    let isBroken = true;
    const heard: string[] = [];
    rig.connector.subscribe(async ({ eventId }) => {
      heard.push(eventId);
      if (isBroken) throw new Error("the disk is full");
    });
    expect(await rig.say("keep this")).toEqual({ acknowledged: false });
    isBroken = false;
    expect(await rig.say("keep this", { again: true })).toEqual({ acknowledged: true });
    expect(new Set(heard).size).toBe(1);
  });

  it("gives a duplicate the event id of the first, and another message another", async () => {
    const rig = await setUp();
    const heard = listen(rig.connector);
    await rig.say("one");
    await rig.say("one", { again: true });
    await rig.say("two");
    const [first, second, third] = heard.map(({ eventId }) => eventId);
    // A connector may drop the duplicate itself; if it delivers it, it is recognised by its id.
    if (heard.length === 3) expect(second).toBe(first);
    expect(heard.length === 3 ? third : second).not.toBe(first);
  });

  it("delivers nothing to a handler that left", async () => {
    const rig = await setUp();
    const heard: string[] = [];
    listen(rig.connector);
    const leave = rig.connector.subscribe(({ text }) => void heard.push(text));
    await rig.say("before");
    leave();
    await rig.say("after");
    expect(heard).toEqual(["before"]);
  });

  it("delivers nothing once it is closed", async () => {
    const rig = await setUp();
    const heard = listen(rig.connector);
    await rig.connector.close();
    expect(await rig.say("too late")).toEqual({ acknowledged: false });
    expect(heard).toEqual([]);
  });
}

function outboundSuite(setUp: SetUp): void {
  it("shows what it is given and returns the proof", async () => {
    const rig = await setUp();
    const result = await rig.connector.send({ text: "**hello** from the hub" });
    expect(result).toMatchObject({ delivered: true, outcome: "sent" });
    expect(result.receipt?.messageId).toBe(result.messageId);
    expect((await rig.shown()).map(({ messageId, text }) => ({ messageId, text }))).toEqual([
      { messageId: result.messageId, text: "**hello** from the hub" },
    ]);
  });

  it("keeps the order of what is sent without waiting", async () => {
    const rig = await setUp();
    const texts = Array.from({ length: 20 }, (_, at) => `message ${at}`);
    await Promise.all(texts.map((text) => rig.connector.send({ text })));
    expect((await rig.shown()).map(({ text }) => text)).toEqual(texts);
  });

  it("shows one message for one idempotency key, also after a restart", async () => {
    const rig = await setUp();
    const first = await rig.connector.send({ text: "once only", idempotencyKey: "key-1" });
    const again = await rig.connector.send({ text: "once only", idempotencyKey: "key-1" });
    const after = await rig.restart();
    const later = await after.connector.send({ text: "once only", idempotencyKey: "key-1" });
    expect([again.messageId, later.messageId]).toEqual([first.messageId, first.messageId]);
    expect(await after.shown()).toHaveLength(1);
  });

  it("takes a text of exactly its limit, in its own unit, and never cuts a longer one", async () => {
    const rig = await setUp();
    const limit = rig.connector.limits?.text;
    if (limit === undefined) return;
    const letter = { utf16: "é", codepoints: "🦊", bytes: "x" }[limit.unit];
    const exact = letter.repeat(limit.max);
    expect(await rig.connector.send({ text: exact })).toMatchObject({ delivered: true });
    const longer = await rig.connector.send({ text: exact + letter });
    const shown = (await rig.shown()).map(({ text }) => text);
    expect(shown).toEqual(longer.delivered ? [exact, exact + letter] : [exact]);
  });

  it("does not reject after it is closed", async () => {
    const { connector } = await setUp();
    await connector.close();
    expect(await connector.send({ text: "too late" })).toMatchObject({ delivered: false, outcome: "not_sent" });
  });
}

function powersSuite(setUp: SetUp): void {
  /** A test for a connector that declares the power; for one that does not there is nothing to prove. */
  function proves<P extends keyof Powers>(power: P, title: string, test: (rig: Rig, power: NonNullable<Powers[P]>) => Promise<void>): void {
    it(`${power}: ${title}`, async ({ skip }) => {
      const rig = await setUp();
      const own = rig.connector.can?.[power];
      if (own === undefined) return skip(`${rig.connector.kind} does not declare it`);
      await test(rig, own);
    });
  }

  proves("edit", "changes a message in place", async (rig) => {
    const { receipt } = await rig.connector.send({ text: "draft" });
    const edited = await rig.connector.send({ text: "final", edits: receipt });
    expect(edited).toMatchObject({ delivered: true, messageId: receipt?.messageId });
    expect((await rig.shown()).map(({ text }) => text)).toEqual(["final"]);
  });

  proves("edit", "does not pretend when there is no such message", async (rig) => {
    const result = await rig.connector.send({ text: "final", edits: { messageId: "no-such-message" } });
    expect(result).toMatchObject({ delivered: false });
    expect(await rig.shown()).toEqual([]);
  });

  proves("react", "puts a reaction on a message, once", async (rig, react) => {
    const { receipt } = await rig.connector.send({ text: "nice" });
    if (receipt === undefined) throw new Error("there is no receipt to react to");
    const place = { chatId: receipt.chatId ?? "", threadId: receipt.threadId };
    await react(place, receipt, "👀");
    expect(await react(place, receipt, "👀")).toMatchObject({ delivered: true });
    expect((await rig.shown())[0]?.reactions).toEqual(["👀"]);
  });

  proves("ask", "draws a card with something to press, and delivers the press", async (rig) => {
    if (rig.press === undefined) throw new Error("the harness of a connector that can ask needs `press`");
    const pressed: ConnectorEvent[] = [];
    rig.connector.onEvent?.(async (event) => {
      pressed.push(event);
      return { type: "accepted", trace: "trc_press" };
    });
    await rig.connector.send({ text: "may I?", card: APPROVAL });
    expect((await rig.shown())[0]?.hasButtons).toBe(true);
    expect(await rig.press(APPROVAL.id, "approve")).toEqual({ acknowledged: true });
    expect(pressed).toMatchObject([{ type: "action", subject: APPROVAL.id, choice: "approve" }]);
  });

  proves("openThread", "opens a thread, and the same one when asked again", async (rig, openThread) => {
    const heard = listen(rig.connector);
    await rig.say("let us talk");
    const place = { chatId: heard[0]?.chatId ?? "" };
    const first = await openThread(place, heard[0]?.eventId ?? "", "Let us talk");
    const again = await openThread(place, heard[0]?.eventId ?? "", "Let us talk");
    expect(again.threadId).toBe(first.threadId);
    await rig.connector.send({ text: "in the thread", ...first });
    expect((await rig.shown()).at(-1)).toMatchObject({ text: "in the thread", threadId: first.threadId });
  });

  proves("whisper", "is seen by one person only", async (rig, whisper) => {
    const heard = listen(rig.connector);
    await rig.say("psst");
    await whisper({ chatId: heard[0]?.chatId ?? "" }, heard[0]?.sender ?? "", "only for you");
    expect((await rig.shown()).map(({ text }) => text)).toContain("only for you");
    expect((await rig.shownToOthers()).map(({ text }) => text)).not.toContain("only for you");
  });

  proves("typing", "is seen", async (rig, typing) => {
    expect(await rig.glimpsed(() => typing({ chatId: rig.connector.homeChat ?? "" }))).toContainEqual({ typing: true });
  });

  proves("stream", "shows text as it is written, and keeps none of it", async (rig, stream) => {
    const seen = await rig.glimpsed(() => stream({ chatId: rig.connector.homeChat ?? "" }, "trc_1", "so far"));
    expect(seen).toContainEqual({ text: "so far" });
    expect(await rig.shown()).toEqual([]);
  });

  proves("reconcile", "finds after a crash what was shown, and nothing else", async (rig, _reconcile) => {
    const since = new Date(0).toISOString();
    const { receipt } = await rig.connector.send({ text: "did it arrive?", idempotencyKey: "key-1" });
    const reconcile = (await rig.restart()).connector.can?.reconcile;
    expect(await reconcile?.({ text: "did it arrive?", idempotencyKey: "key-1" }, since)).toMatchObject({ messageId: receipt?.messageId });
    expect(await reconcile?.({ text: "never sent", idempotencyKey: "key-2" }, since)).toBeUndefined();
  });

  proves("turnEnd", "tells faces that wait, once for each trace", async (rig, turnEnd) => {
    const place = { chatId: rig.connector.homeChat ?? "" };
    for (const trace of ["trc_1", "trc_2", "trc_1"])
      expect(await turnEnd(place, { trace, outcome: "done" })).toMatchObject({ delivered: true });
    expect(await rig.turnEnds()).toEqual(["trc_1", "trc_2"]);
  });
}

/** Takes every message and keeps it for the test. */
function listen(connector: Connector): InboundMessage[] {
  const heard: InboundMessage[] = [];
  connector.subscribe((message) => void heard.push(message));
  return heard;
}

const APPROVAL: ApprovalCard = {
  type: "approval",
  id: "apr_1",
  code: "K7Q-M2X",
  state: "pending",
  title: "Delete the old backups",
  class: "red",
  asker: "Mos",
  action: '{"tool":"rm"}',
  digest: "0".repeat(64),
  expiresAt: 4_102_444_800_000,
};
