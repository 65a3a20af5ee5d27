/** Canvases the hub keeps, over the real steps and journal: shown, revised, opened as oneself, answered, ended. */
import { beforeEach, describe, expect, test } from "vitest";
import { canvas } from "../../../handlers/canvas.ts";
import { HANDLERS } from "../../../handlers/index.ts";
import { openCanvas, type Opening, viewingOf } from "../../../src/canvases/views.ts";
import type { CanvasShare } from "../../../src/contract/canvas.ts";
import type { Powers } from "../../../src/contract/connector.ts";
import type { Handler, HandlerSettings } from "../../../src/contract/handler.ts";
import type { SessionKey } from "../../../src/contract/ids.ts";
import { insert } from "../../../src/contract/store.ts";
import type { CanvasCard } from "../../../src/contract/message.ts";
import type { OrchestratorEvent } from "../../../src/contract/orchestrator.ts";
import { createHubBench, type HubBench } from "../../support/hub-bench.ts";

type Whisper = NonNullable<Powers["whisper"]>;

const HUB = "https://hub.example";
const DAY_MS = 86_400_000;
const FORM: CanvasShare = {
  title: "Order",
  content: {
    markdown: "What would you like?",
    form: {
      fields: [
        { name: "cups", label: "Cups", kind: "number", required: true },
        { name: "note", label: "Note", kind: "text", required: false },
      ],
      buttons: ["Send", "Later"],
    },
  },
};

let bench: HubBench;
beforeEach(async () => {
  bench = await createHubBench({ can: { edit: true, ask: true }, settings: { publicUrl: HUB } });
  await bench.say("hello");
});

const store = () => bench.life().journal.store;
const share = async (given: CanvasShare, canvasId?: string): Promise<void> => {
  await bench.agent.report("hello", { type: "canvas", share: given, ...(canvasId ? { canvasId } : {}) } as OrchestratorEvent);
  await bench.clock.settled();
};
const cards = (): CanvasCard[] => bench.chat.calls.flatMap(({ card }) => (card?.type === "canvas" ? [card] : []));
const last = (): CanvasCard => {
  const card = cards().at(-1);
  if (!card) throw new Error("no canvas was shown");
  return card;
};
const secretOf = (url = ""): string => url.split("#")[1] ?? "";
const opens = async (secret: string): Promise<boolean> =>
  (await viewingOf(store(), { id: last().id, secret, kind: "link" }, bench.clock.now())) !== undefined;
const ann = async () => {
  const [person] = await store().find("people");
  if (!person) throw new Error("nobody");
  return person;
};
const submit = async (values: Record<string, string>, more: { id?: string; button?: string; revision?: number } = {}) => {
  const { id: canvasId, revision = 0 } = last();
  await bench.life().hub.submit({ canvasId, id: "s1", person: await ann(), revision, button: "Send", values, ...more });
  await bench.clock.settled();
};
const press = () =>
  bench.chat.hear({
    type: "action",
    eventId: `press-${bench.chat.calls.length}`,
    sender: "ann",
    ts: "2026-01-01T00:00:00Z",
    chatId: "home",
    threadId: "t1",
    subject: `canvas:${last().id}`,
    choice: "open",
  });

describe("shown", () => {
  test("as a card whose link opens it, for a week", async () => {
    await share(FORM);
    expect(last()).toMatchObject({ title: "Order", kind: "form", state: "open", revision: 1, expiresAt: bench.clock.now() + 7 * DAY_MS });
    expect(last().url).toMatch(new RegExp(`^${HUB}/canvas/${last().id}#[\\w-]{43}$`));
    expect(await opens(secretOf(last().url))).toBe(true);
    expect(await opens("something else")).toBe(false);
  });

  test("without a public address the card has no link and says where it opens", async () => {
    bench = await createHubBench({ can: { edit: true } });
    await bench.say("hello");
    await share(FORM);
    expect(last()).toMatchObject({ url: undefined, note: expect.stringContaining("MOS_HUB_PUBLIC_URL") as string });
    expect(last().note).toContain("`mos-hub open`");
  });

  test("an address that is given later puts the link on cards that lack it, once", async () => {
    bench = await createHubBench({ can: { edit: true } });
    await bench.say("hello");
    await share(FORM);
    await share({ title: "Elsewhere", url: "/menu" });
    await bench.restart(undefined, { publicUrl: HUB });
    const edited = last();
    expect(edited).toMatchObject({ title: "Order", note: undefined });
    expect(await opens(secretOf(edited.url))).toBe(true);
    const shown = cards().length;
    await bench.restart(undefined, { publicUrl: HUB });
    expect(cards()).toHaveLength(shown);
  });

  test("secrets in its content are kept nowhere", async () => {
    await share({ title: "x", content: { html: "<p>hunter2</p>", table: { columns: ["hunter2"], rows: [["hunter2", 1]] } } });
    expect(JSON.stringify(await store().find("revisions"))).not.toContain("hunter2");
  });

  test("a form that asks for a secret is not shown", async () => {
    const form = { fields: [{ name: "p", label: "Your password", kind: "text", required: true } as const], buttons: ["Send"] };
    await expect(share({ title: "Sign in", content: { form } })).rejects.toThrow("never asks for a secret");
    expect(cards()).toEqual([]);
  });

  test("a conversation has fifty at most: the oldest ends", async () => {
    for (let n = 0; n < 51; n += 1) await share({ title: `n${n}`, content: { markdown: "x" } });
    const rows = await store().find("canvases");
    expect(rows.filter(({ state }) => state === "open")).toHaveLength(50);
    expect(rows[0]).toMatchObject({ state: "expired" });
  });
});

describe("revised", () => {
  test("is the same card, changed in place, under the same link", async () => {
    await share(FORM, "cnv_a");
    const { url } = last();
    await share({ title: "Order now", canvas_id: "cnv_a", content: { markdown: "Closed." } });
    expect(last()).toMatchObject({ id: "cnv_a", title: "Order now", revision: 2, url });
    expect(bench.chat.calls.at(-1)?.edits).toBeDefined();
    expect((await store().find("revisions")).map(({ number }) => number)).toEqual([1, 2]);
  });

  test("is open for longer when its next version says so, and so is its link", async () => {
    await share({ ...FORM, expires_in_ms: 1000 }, "cnv_a");
    const secret = secretOf(last().url);
    await share({ ...FORM, canvas_id: "cnv_a", expires_in_ms: 5000 });
    await bench.clock.tick(4999);
    expect(await opens(secret)).toBe(true);
    await bench.clock.tick(1);
    expect(await opens(secret)).toBe(false);
  });

  test("keeps twenty versions", async () => {
    await share(FORM, "cnv_a");
    for (let n = 0; n < 22; n += 1) await share({ title: "x", canvas_id: "cnv_a", content: { markdown: `${n}` } });
    const numbers = (await store().find("revisions")).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, at) => at + 4));
  });

  test("what is not this conversation's is refused, and the thread hears of it", async () => {
    await expect(share({ title: "x", canvas_id: "cnv_none", content: { markdown: "x" } })).rejects.toThrow("no open canvas");
    await bench.clock.settled();
    expect(bench.chat.shown.at(-1)).toContain("could not");
  });
});

describe("opened as oneself", () => {
  test("a press is answered with a link of one's own, for ten minutes", async () => {
    await share(FORM);
    const ack = await press();
    if (ack.type !== "privateText") throw new Error(ack.type);
    const secret = secretOf(/https:\S+/.exec(ack.text)?.[0]);
    expect(await opens(secret)).toBe(true);
    expect(await opens(secretOf(last().url))).toBe(true);
    await bench.clock.tick(10 * 60_000);
    expect(await opens(secret)).toBe(false);
  });

  test("where no link can be followed, the press says what to type", async () => {
    bench = await createHubBench({ can: { edit: true, ask: true }, settings: { publicUrl: HUB, canFollowLinks: () => false } });
    await bench.say("hello");
    await share(FORM);
    expect(await press()).toMatchObject({ type: "privateText", text: expect.stringContaining(`!canvas ${last().code}`) as string });
  });

  test("`!canvas CODE` gives the link in a direct chat and nowhere else", async () => {
    await share(FORM);
    await bench.say(`!canvas ${last().code}`);
    expect(bench.chat.shown.at(-1)).toContain("Others read here");
    await bench.say(`!canvas ${last().code}`, "t9", { direct: true });
    expect(await opens(secretOf(/https:\S+/.exec(bench.chat.shown.at(-1) ?? "")?.[0]))).toBe(true);
    await bench.say("!canvas");
    expect(bench.chat.shown.at(-1)).toContain("Order");
  });

  describe("where others read along `!canvas CODE`", () => {
    const whispered: { to: string; text: string; key: string | undefined }[] = [];
    const whisper: Whisper = async (_place, to, text, as) => void whispered.push({ to, text, key: as?.idempotencyKey });
    const begin = async (more: Partial<HandlerSettings> = {}, by = whisper): Promise<void> => {
      whispered.length = 0;
      bench = await createHubBench({ can: { whisper: by }, settings: { publicUrl: HUB, canWhisper: () => true, ...more } });
      await bench.say("hello");
      await share(FORM);
    };
    const linksBeforeAll = (): string[] => bench.chat.shown.filter((text) => text.includes("as ann"));

    test.each([
      ["in a group", {}, {}],
      ["on a face of the hub's own, where everybody sees all threads", { localAccounts: ["chat"] }, { direct: true }],
    ])("whispers the link to who asked: %s", async (_where, settings, said) => {
      await begin(settings);
      await bench.say(`!canvas ${last().code}`, "t1", said);
      expect(whispered).toMatchObject([{ to: "ann", key: expect.stringMatching(/^out_/) as string }]);
      expect(await opens(secretOf(/https:\S+/.exec(whispered[0]?.text ?? "")?.[0]))).toBe(true);
      expect(linksBeforeAll()).toEqual([]);
      expect(bench.chat.ends.at(-1)).toContain("done");
    });

    test("says before all only where to ask, when it cannot be whispered", async () => {
      await begin({}, async () => Promise.reject(new Error("this person takes no direct messages")));
      await bench.say(`!canvas ${last().code}`);
      expect(bench.chat.shown.at(-1)).toBe("I could not tell you alone. Write that to me in a direct message.");
      expect(linksBeforeAll()).toEqual([]);
    });

    test("has its answer, the same one, though the hub dies as it is whispered", async () => {
      let dies = true;
      await begin({}, async (place, to, text, as) => {
        await whisper(place, to, text, as);
        if (dies) bench.life().die();
      });
      await bench.say(`!canvas ${last().code}`);
      dies = false;
      await bench.restart();
      await bench.clock.settled();
      expect(whispered).toHaveLength(2);
      expect(new Set(whispered.map(({ text, key }) => `${key} ${text.replace("(may be a duplicate)\n", "")}`)).size).toBe(1);
      expect(linksBeforeAll()).toEqual([]);
    });
  });

  test("a browser that opened it is on record, with whose it is", async () => {
    await share(FORM);
    const open = (by: Partial<Opening>) =>
      openCanvas({ journal: bench.life().journal, now: bench.clock.now() }, last().id, { link: "", cookie: "", ...by });
    await open({ link: secretOf(last().url) });
    await open({ signedIn: { person: await ann(), credentialId: "signed-in" } });
    const facts = (await store().find("audit", { where: { what: "canvas.opened" } })).map(({ facts: { person } }) => person);
    expect(facts).toEqual([null, (await ann()).id]);
    await expect(open({ link: "x" })).rejects.toThrow("This link to the canvas is not valid");
  });
});

describe("sent back", () => {
  test("becomes a turn of the same conversation, said in the thread with who it was, once", async () => {
    await share(FORM);
    await bench.agent.end("hello");
    await submit({ cups: "3", note: "hot" });
    await submit({ cups: "3", note: "hot" });
    const turns = bench.agent.turns.filter(({ text }) => text.includes("cups"));
    expect(turns.map(({ text }) => text)).toEqual([expect.stringContaining('{"cups":3,"note":"hot"}')]);
    expect(turns[0]?.text).toContain(`ann pressed "Send" on the canvas "Order"`);
    expect(bench.chat.shown.filter((text) => text.includes("- Cups: 3"))).toHaveLength(1);
  });

  test.each([
    [{}, '"Cups" needs an answer.'],
    [{ cups: "many" }, '"Cups" needs a number.'],
  ])("%j is refused in words: %s", async (values, words) => {
    await share(FORM);
    await expect(submit(values)).rejects.toThrow(words);
    expect(bench.agent.turns).toHaveLength(1);
  });

  test("a button the form does not have, and a canvas that has ended, take nothing", async () => {
    await share({ ...FORM, expires_in_ms: 1000 });
    await expect(submit({ cups: "1" }, { button: "Approve" })).rejects.toThrow("has changed meanwhile");
    await bench.clock.tick(1000);
    await expect(submit({ cups: "1" })).rejects.toThrow("has ended");
  });

  test("what was filled in of an older version is not taken, also where it would fit the next", async () => {
    await share(FORM, "cnv_a");
    await share({ ...FORM, title: "Order for everybody", canvas_id: "cnv_a" });
    await expect(submit({ cups: "1" }, { revision: 1 })).rejects.toThrow("has changed meanwhile");
    expect(bench.agent.turns).toHaveLength(1);
  });

  test("nor is it when the next version comes as it is being taken", async () => {
    let tries = 0;
    const slowly: Handler = {
      ...canvas,
      async submission(given, view) {
        const work = await canvas.submission?.(given, view);
        if ((tries += 1) === 1) await share({ ...FORM, canvas_id: "cnv_a" });
        return work ?? { writes: [] };
      },
    };
    bench = await createHubBench({ handlers: [slowly, ...HANDLERS.filter(({ name }) => name !== canvas.name)] });
    await bench.say("hello");
    await share(FORM, "cnv_a");
    await expect(submit({ cups: "1" }, { revision: 1 })).rejects.toThrow("has changed meanwhile");
    expect(bench.agent.turns).toHaveLength(1);
  });

  test("what was taken is taken, also when it is sent again after the form has changed", async () => {
    await share(FORM, "cnv_a");
    await bench.agent.end("hello");
    await submit({ cups: "3" });
    await share({ ...FORM, canvas_id: "cnv_a" });
    await submit({ cups: "3" }, { revision: 1 });
    expect(bench.agent.turns.filter(({ text }) => text.includes("cups"))).toHaveLength(1);
  });

  test("survives the death of the hub between the submission and the turn", async () => {
    await share(FORM);
    await submit({ cups: "2" });
    await bench.restart();
    await bench.agent.end("hello");
    await bench.clock.settled();
    expect(bench.agent.turns.filter(({ text }) => text.includes('"cups":2'))).toHaveLength(1);
  });
});

describe("ended", () => {
  test("at its time, though a thousand others are open", async () => {
    await share({ title: "of many", content: { markdown: "x" } }, "cnv_first");
    const [first] = await store().find("canvases");
    if (!first) throw new Error("nothing is shown");
    const { code, state, card, trace, revision } = first;
    const others = Array.from({ length: 1000 }, (_, n) =>
      insert("canvases", `cnv_${n}`, {
        sessionKey: "agent:mos:chat:others" as SessionKey,
        code,
        state,
        card,
        trace,
        revision,
        expiresAt: null,
      }),
    );
    await bench.life().journal.commit({ actorId: "hub", scope: "hub", writes: others });
    await share({ ...FORM, expires_in_ms: 1000 }, "cnv_last");
    await bench.clock.tick(1000);
    expect(last()).toMatchObject({ id: "cnv_last", state: "expired" });
  });

  test("at its time, also after a restart: the card says so, links and content are gone", async () => {
    await share({ ...FORM, expires_in_ms: 1000 });
    const secret = secretOf(last().url);
    await bench.restart();
    await bench.clock.tick(999);
    expect(await opens(secret)).toBe(true);
    await bench.clock.tick(1);
    expect(last()).toMatchObject({ state: "expired", url: undefined });
    expect(await opens(secret)).toBe(false);
    expect(await store().count("revisions", {})).toBe(0);
    expect(await store().count("views", {})).toBe(0);
  });
});
