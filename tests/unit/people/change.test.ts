import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PersonEvent } from "../../../src/contract/message.ts";
import { update } from "../../../src/contract/store.ts";
import type { Role, Row } from "../../../src/contract/tables.ts";
import { addAccount, addPerson, type Changed, personNamed, removeAccount, removePerson, setRoles } from "../../../src/people/change.ts";
import { createToken, holderOf } from "../../../src/people/credentials.ts";
import { configPeople, localPerson, planPeople } from "../../../src/people/directory.ts";
import { createHubBench, type HubBench, message } from "../../support/hub-bench.ts";

let bench: HubBench;
beforeEach(async () => void (bench = await createHubBench()));
afterEach(() => bench.file.dispose());

const store = () => bench.life().journal.store;
const change = (work: () => Promise<Changed>) => bench.life().journal.settle({ actorId: "per_root", scope: "hub" }, work);
const ends = () => bench.chat.ends.map((each) => each.split(" ")[1]);

async function letIn(name: string, roles: readonly Role[] = ["operator"]): Promise<Row<"people">> {
  const accounts = [{ account: "chat", sender: name }];
  await change(() => addPerson(store(), { name, roles, accounts, localAccounts: ["page"], via: "cli" }));
  return personNamed(store(), name);
}

/** What somebody writes into the thread `t1`. */
const write = (sender: string, text: string) => bench.say(text, "t1", { sender } as Partial<PersonEvent>);
const revoke = async (name: string) => change(async () => removePerson(store(), await personNamed(store(), name), "cli"));
const toViewer = async (name: string) => change(async () => setRoles(store(), await personNamed(store(), name), ["viewer"], "cli"));

/** Called once, before the first unit that puts a turn into this state is written. */
function beforeTurn(state: string, act: () => Promise<unknown>): void {
  const life = bench.life();
  life.onCommit = async ({ writes }) => {
    if (!writes.some((one) => one.op === "update" && one.table === "turns" && one.set.state === state)) return;
    life.onCommit = async () => {};
    await act();
  };
}

describe("who may no longer talk", () => {
  test.each([
    ["removed", revoke],
    ["without the role", toViewer],
  ])("%s: what waits is dropped with a word, at once; what runs and what others wrote goes on", async (_, takeAway) => {
    await letIn("bob");
    await write("bob", "one");
    await write("bob", "two");
    await bench.say("of ann");
    await write("bob", "three");
    await takeAway("bob");
    await bench.clock.settled();
    expect(bench.chat.shown.at(-1)).toBe("Dropped: bob may no longer talk here.");
    expect(bench.chat.shown.filter((text) => text.startsWith("Dropped"))).toHaveLength(1);
    expect(ends()).toEqual(["stopped", "stopped"]);
    await bench.agent.end("one");
    await bench.clock.settled();
    expect(bench.agent.turns.map(({ text }) => text)).toEqual(["one", "of ann"]);
    expect(await write("bob", "four")).toMatchObject({ type: "refused" });
  });

  test("a message whose turn begins at that moment is not given to the agent", async () => {
    await letIn("bob");
    beforeTurn("prompting", () => revoke("bob"));
    await write("bob", "one");
    await bench.clock.settled();
    expect(bench.agent.turns).toEqual([]);
    expect(bench.chat.shown.at(-1)).toBe("Dropped: bob may no longer talk here.");
    expect(ends()).toHaveLength(1);
  });

  test("nor is one that is just passed into what runs", async () => {
    await letIn("bob");
    const steered: string[] = [];
    bench.agent.steer = async ({ text }) => {
      steered.push(text);
      return { outcome: "accepted" };
    };
    await bench.say("one");
    await bench.say("!mode steer");
    beforeTurn("prompting", () => toViewer("bob"));
    await write("bob", "two");
    await bench.agent.end("one");
    await bench.clock.settled();
    expect([steered, bench.agent.turns.map(({ text }) => text)]).toEqual([[], ["one"]]);
    expect(bench.chat.shown.at(-1)).toBe("Dropped: bob may no longer talk here.");
  });

  test("what waits of somebody the configuration no longer names is dropped after the restart, too", async () => {
    await bench.say("one");
    await bench.say("two");
    const ann = await personNamed(store(), "ann");
    await bench.life().journal.commit({ actorId: "hub", scope: "hub", writes: planPeople([ann], []) });
    await bench.restart();
    await bench.clock.settled();
    expect(bench.agent.turns.map(({ text }) => text)).toEqual(["one"]);
    expect(bench.chat.shown.filter((text) => text.startsWith("Dropped: ann"))).toHaveLength(2);
    expect(ends()).toEqual(["failed", "failed"]);
  });

  test("has no valid token any more, and the audit log says who took it away", async () => {
    const bob = await letIn("bob");
    const desk = { journal: bench.life().journal, now: bench.clock.now() };
    const { secret } = await createToken(desk, { name: "bot", scopes: ["chat"], personId: bob.id, expiresAt: null });
    expect(await holderOf(desk, secret, "token")).toBeDefined();
    await revoke("bob");
    expect(await holderOf(desk, secret, "token")).toBeUndefined();
    expect(await store().find("credentials")).toEqual([]);
    expect(await store().get("people", bob.id)).toMatchObject({ name: "bob", roles: [], accounts: [] });
    expect((await store().find("audit")).at(-1)).toMatchObject({
      what: "person.removed",
      subject: bob.id,
      actorId: "per_root",
      facts: { name: "bob", roles: "operator", via: "cli" },
    });
  });
});

describe("a decision", () => {
  const press = (sender: string, subject: string, eventId: string) =>
    bench.chat.hear({ ...message("", { sender, eventId }), type: "action", subject, choice: "approve" } as PersonEvent);

  test("counts by what its maker may at that moment, not when the card was shown", async () => {
    await letIn("bob", ["operator", "approver"]);
    await letIn("eva", ["operator"]);
    await bench.say("work");
    const ask = { title: "Delete all", action: { command: "rm" }, tool: "delete" };
    await bench.agent.report("work", { type: "approval_request", ask, handle: { requestId: "r1", epoch: "1" } });
    const [card] = await store().find("approvals");
    const subject = `approval:${card?.id}`;
    await change(async () => setRoles(store(), await personNamed(store(), "bob"), ["operator"], "cli"));
    expect(await press("bob", subject, "x1")).toMatchObject({ type: "privateText", text: expect.stringContaining("approver") });
    await revoke("bob");
    expect(await press("bob", subject, "x2")).toEqual({ type: "refused", privateText: "" });
    expect((await store().find("approvals"))[0]?.state).toBe("pending");
    await change(async () => setRoles(store(), await personNamed(store(), "eva"), ["approver"], "cli"));
    await press("eva", subject, "x3");
    expect((await store().find("approvals"))[0]).toMatchObject({ state: expect.stringMatching(/approved|consumed/) });
  });
});

describe("people", () => {
  test("have a name, an account and a directory of their own, also when two are let in at once", async () => {
    await bench
      .life()
      .journal.commit({ actorId: "hub", scope: "hub", writes: planPeople([], [localPerson({ userName: "me", accounts: [] })]) });
    await Promise.all([letIn("Zoë"), letIn("zoe")]);
    expect(
      (await store().find("people"))
        .slice(2)
        .map(({ dir }) => dir)
        .sort(),
    ).toEqual(["zoe", "zoe-2"]);
    await expect(letIn("ZOE")).rejects.toMatchObject({ code: "bad_request" });
    await expect(
      change(() =>
        addPerson(store(), {
          name: "x",
          roles: ["operator"],
          accounts: [{ account: "chat", sender: "ann" }],
          localAccounts: [],
          via: "cli",
        }),
      ),
    ).rejects.toThrow("chat:ann is ann already");
  });

  test("write as their id on the hub's own faces", async () => {
    const bob = await letIn("bob");
    expect(bob.accounts).toEqual([
      { account: "chat", sender: "bob", paired: true },
      { account: "page", sender: bob.id },
    ]);
  });

  test("who were removed can be let in again, as somebody else of that name", async () => {
    const before = await letIn("bob");
    await revoke("bob");
    const after = await letIn("bob");
    expect([after.id === before.id, after.dir]).toEqual([false, "bob-2"]);
  });

  test("of the configuration and of this machine are not changed here", async () => {
    const ann = await personNamed(store(), "ann");
    await expect(removePerson(store(), ann, "cli")).rejects.toMatchObject({
      code: "person_fixed",
      remedy: expect.stringContaining("hub.yaml"),
    });
    await expect(setRoles(store(), { ...ann, source: "local" }, [], "cli")).rejects.toMatchObject({ code: "person_fixed" });
    await expect(personNamed(store(), "nobody")).rejects.toMatchObject({ code: "not_found" });
  });

  test("keep a paired account over a restart, until it is taken away, is given to another, or they are no longer named", async () => {
    const named = (name: string, sender: string) =>
      configPeople({
        tenantId: "main",
        operators: [{ name, roles: ["operator"], accounts: [{ account: "chat", sender }] }],
        localAccounts: [],
      });
    const settle = async (wanted: ReturnType<typeof named>) =>
      bench.life().journal.commit({ actorId: "hub", scope: "hub", writes: planPeople(await store().find("people"), wanted) });
    const senders = async () => (await personNamed(store(), "cid")).accounts.map(({ sender }) => sender);
    await settle(named("cid", "cid"));
    const pairOther = () =>
      change(async () => addAccount(store(), await personNamed(store(), "cid"), { account: "chat", sender: "cid-phone" }, "cli"));
    await pairOther();
    await settle(named("cid", "cid"));
    expect(await senders()).toEqual(["cid", "cid-phone"]);
    await expect(
      change(async () => removeAccount(await personNamed(store(), "cid"), { account: "chat", sender: "cid" }, "cli")),
    ).rejects.toMatchObject({ code: "person_fixed" });
    await change(async () => removeAccount(await personNamed(store(), "cid"), { account: "chat", sender: "cid-phone" }, "cli"));
    expect(await senders()).toEqual(["cid"]);
    await pairOther();
    await settle([...named("cid", "cid"), ...named("dan", "cid-phone")]);
    expect(await senders()).toEqual(["cid"]);
    await settle(named("dan", "cid-phone"));
    expect(await senders()).toEqual([]);
  });

  test("nobody but who sits at the machine, when the configuration names nobody", () => {
    const writes = planPeople(
      [],
      [...configPeople({ tenantId: "main", operators: [], localAccounts: [] }), localPerson({ userName: "me", accounts: [] })],
    );
    expect(writes.flatMap((write) => (write.op === "insert" ? [write.id] : []))).toEqual(["per_local"]);
  });

  test("a change that meets another is built again from what is there then", async () => {
    const bob = await letIn("bob");
    let tries = 0;
    await change(async () => {
      const fresh = await personNamed(store(), "bob");
      if ((tries += 1) === 1)
        await bench.life().journal.commit({ actorId: "hub", scope: "hub", writes: [update("people", bob, { name: "Bob" })] });
      return setRoles(store(), fresh, ["admin"], "cli");
    });
    expect([tries, (await personNamed(store(), "Bob")).roles]).toEqual([2, ["admin"]]);
  });
});
