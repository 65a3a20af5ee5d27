import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ack, PersonEvent } from "../../../src/contract/message.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { hashOf } from "../../../src/people/secret.ts";
import { MOST_REFUSED_PER_HOUR } from "../../../src/people/strangers.ts";
import { createHubBench, type HubBench, message } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let bench: HubBench;
let heard = 0;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const store = () => bench.life().journal.store;
const pairings = () => store().find("pairings");
const letIn = (name: string, roles: Parameters<typeof addPerson>[2]) => addPerson(bench.life().journal, name, roles);

/** A direct message; what the hub answered to the platform. */
async function directly(sender: string, text = "let me in", more: Partial<PersonEvent> = {}): Promise<Ack> {
  const place = { chatId: `dm-${sender}`, threadId: undefined, sender, direct: true };
  const ack = await bench.chat.hear(message(text, { ...place, eventId: `p${(heard += 1)}`, ...more } as Partial<PersonEvent>));
  await bench.clock.settled();
  return ack;
}

/** What `ann` is told. */
async function ask(text: string, more: Partial<PersonEvent> = {}): Promise<string> {
  const before = bench.chat.shown.length;
  await bench.say(text, "t1", more);
  return bench.chat.shown.slice(before).join("\n");
}

const codeIn = (text: string | undefined): string | undefined => /Your code is `(\S+)`/.exec(text ?? "")?.[1];

async function codeOf(sender: string): Promise<string> {
  await directly(sender);
  const code = codeIn(bench.chat.shown.at(-1));
  if (code === undefined) throw new Error(`${sender} was told no code`);
  return code;
}

const audited = async (): Promise<string[]> => (await store().find("audit")).map(({ what, actorId }) => `${what} by ${actorId}`);

describe("a stranger who writes directly", () => {
  test("is kept with what they call themselves, printable and without a secret of the hub", async () => {
    const value = "correct-horse-battery";
    await bench.file.dispose();
    bench = await createHubBench({ secrets: [{ name: "DB_PASSWORD", value }] });
    await directly("eve", "let me in", { senderName: `Eve\u202e\n ${value}` });
    expect(await pairings()).toMatchObject([{ sender: "eve", name: "Eve SECRET_REF(DB_PASSWORD)" }]);
    expect(bench.file.bytes()).not.toContain(value);
  });

  test("is told a code in that chat, of which the disk keeps the hash, and of their words nothing", async () => {
    const ack = await directly("eve", "my private words");
    const code = codeIn(bench.chat.shown[0]) ?? "";
    expect(code).toMatch(/^[ABCDEFGHJKMNPQRSTVWXYZ2-9]{3}-[ABCDEFGHJKMNPQRSTVWXYZ2-9]{3}$/);
    expect(ack).toEqual({ type: "refused", privateText: bench.chat.shown[0] });
    expect(bench.chat.calls).toMatchObject([{ chatId: "dm-eve" }]);
    expect(await pairings()).toMatchObject([{ account: "chat", sender: "eve", code: hashOf(code), state: "pending" }]);
    expect(bench.file.bytes()).not.toContain(code);
    expect(bench.file.bytes()).not.toContain("my private words");
    expect(JSON.stringify(bench.logged)).not.toContain(code);
    expect(bench.agent.turns).toEqual([]);
  });

  test("is told one an hour; the next one replaces the first", async () => {
    const first = await codeOf("eve");
    await bench.clock.tick(59 * MINUTE_MS);
    expect(await directly("eve")).toEqual({ type: "refused", privateText: "" });
    expect(bench.chat.shown).toHaveLength(1);
    await bench.clock.tick(MINUTE_MS);
    const second = await codeOf("eve");
    expect(second).not.toBe(first);
    expect((await pairings()).map(({ code }) => code)).toEqual([hashOf(second)]);
  });

  test("of whom three wait already is told so, and no code; when one has expired there is room again", async () => {
    for (const sender of ["eve", "mallory", "trudy"]) await codeOf(sender);
    await directly("oscar");
    expect(bench.chat.shown.at(-1)).toMatch(/^I do not know you here/);
    expect(await pairings()).toHaveLength(3);
    await bench.clock.tick(24 * HOUR_MS);
    await codeOf("oscar");
    expect((await pairings()).map(({ sender }) => sender)).toEqual(["oscar"]);
  });

  test("with five others at the same moment: three are told a code", async () => {
    await Promise.all(["a", "b", "c", "d", "e", "f"].map((sender) => directly(sender)));
    expect(bench.chat.shown.filter((text) => codeIn(text))).toHaveLength(3);
    expect(await pairings()).toHaveLength(3);
  });

  test("hears nothing when the platform delivers the same message again, and is told nothing of it", async () => {
    const event = { eventId: "same" } as Partial<PersonEvent>;
    await directly("eve", "hello", event);
    expect(await directly("eve", "hello", event)).toEqual({ type: "refused", privateText: "" });
    expect(bench.chat.shown).toHaveLength(1);
  });

  test("is told by the platform's own answer alone where it has one", async () => {
    await bench.file.dispose();
    bench = await createHubBench({ can: { answersMessages: true } });
    expect(codeIn(((await directly("eve")) as { privateText: string }).privateText)).toBeDefined();
    expect(bench.chat.calls).toEqual([]);
  });

  test("whose code died with the process before it was written is told one when they write again", async () => {
    bench.life().dieAt("before", (write) => write.op === "put" && write.table === "pairings");
    void directly("eve", "hello", { eventId: "again" } as Partial<PersonEvent>);
    await bench.clock.settled();
    await bench.restart();
    expect(await pairings()).toEqual([]);
    await codeOf("eve");
  });
});

describe("in a room", () => {
  test("strangers hear nothing whatever they write or press, and get no code", async () => {
    const told = await Promise.all([
      bench.chat.hear(message("hello", { sender: "eve" })),
      bench.chat.hear({
        ...message("", { sender: "eve", eventId: "x" }),
        type: "action",
        subject: "approval:1",
        choice: "approve",
      } as PersonEvent),
    ]);
    await bench.clock.settled();
    expect(told).toEqual([
      { type: "refused", privateText: "" },
      { type: "refused", privateText: "" },
    ]);
    expect([bench.chat.calls, await pairings()]).toEqual([[], []]);
  });

  test("a crowd of them does not fill the journal, nor close it to those who are known", async () => {
    for (let n = 0; n < MOST_REFUSED_PER_HOUR + 50; n += 1) await bench.chat.hear(message("spam", { sender: `eve${n}`, eventId: `s${n}` }));
    expect(await store().count("inbox")).toBe(MOST_REFUSED_PER_HOUR);
    await bench.say("hello");
    expect(bench.agent.turns).toHaveLength(1);
    await bench.clock.tick(HOUR_MS);
    await bench.chat.hear(message("spam", { sender: "eve", eventId: "later" }));
    expect(await store().count("inbox")).toBe(MOST_REFUSED_PER_HOUR + 2);
  });
});

describe("accepting", () => {
  let admin: Row<"people">;
  beforeEach(async () => {
    admin = await letIn("root", ["admin"]);
  });
  const asRoot = { sender: "root" } as Partial<PersonEvent>;

  test("from a trusted account of an admin makes the stranger a person who may talk, and tells them", async () => {
    const code = await codeOf("eve");
    expect(await ask("!pair", asRoot)).toContain("`chat:eve`");
    expect(await ask(`!pair accept ${code.toLowerCase()} Eve Æsop`, asRoot)).toContain("Accepted");
    expect(bench.chat.calls.find(({ text }) => text.startsWith("An admin has let you in"))).toMatchObject({ chatId: "dm-eve" });
    expect(await directly("eve", "hello at last")).toMatchObject({ type: "accepted" });
    const [person] = (await store().find("people")).filter(({ source }) => source === "pairing");
    expect(person).toMatchObject({ name: "Eve Æsop", dir: "eve-aesop", roles: ["operator"], pinHash: null });
    expect(bench.agent.turns).toMatchObject([{ text: "hello at last", person: { id: person?.id, name: "Eve Æsop", dir: "eve-aesop" } }]);
    expect(await audited()).toEqual(["pairing.asked by hub", `pairing.accepted by ${admin.id}`, `person.added by ${admin.id}`]);
    expect(await ask(`!pair accept ${code}`, asRoot)).toContain("not valid");
  });

  test("never happens in the chat of the stranger, by the stranger, by who is no admin, or by the local token alone", async () => {
    const code = await codeOf("eve");
    const accept = `!pair accept ${code} Eve`;
    await directly("eve", accept);
    await letIn("viewer", ["viewer"]);
    expect(await ask(accept, { sender: "viewer" } as Partial<PersonEvent>)).toContain("needs the role operator");
    expect(await ask(accept)).toContain("needs the role admin");
    expect(await ask(accept, { ...asRoot, assurance: "token" })).toContain("needs your PIN");
    expect(await ask(accept, { ...asRoot, chatId: "dm-eve" } as Partial<PersonEvent>)).toContain("in the chat in which it was told");
    expect(await pairings()).toMatchObject([{ state: "pending" }]);
    expect(await directly("eve")).toMatchObject({ type: "refused" });
  });

  test("is over with the expiry, and after a denial, which gives no code before the hour is over", async () => {
    const late = await codeOf("eve");
    await bench.clock.tick(24 * HOUR_MS);
    expect(await ask(`!pair accept ${late}`, asRoot)).toContain("not valid");
    const denied = await codeOf("eve");
    expect(await ask("!pair deny chat:eve", asRoot)).toContain("Denied");
    expect(await ask(`!pair accept ${denied}`, asRoot)).toContain("not valid");
    expect(await directly("eve")).toEqual({ type: "refused", privateText: "" });
    expect(await ask("!pair", asRoot)).toContain("Nobody asks");
  });

  test("by two admins at once makes one person", async () => {
    const code = await codeOf("eve");
    await letIn("boss", ["admin"]);
    await Promise.all(["root", "boss"].map((sender) => bench.say(`!pair accept ${code}`, sender, { sender } as Partial<PersonEvent>)));
    await bench.clock.settled();
    expect((await store().find("people")).filter(({ source }) => source === "pairing")).toMatchObject([{ name: "eve" }]);
  });

  test("what makes no sense is answered with what does", async () => {
    for (const text of ["!pair accept", "!pair shut"]) expect(await ask(text, asRoot)).toContain("Say `!pair accept CODE name`");
    expect(await ask("!pair accept nonsense", asRoot)).toContain("not valid");
  });
});
