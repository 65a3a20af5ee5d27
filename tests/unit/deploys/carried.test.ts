/** What is approved for a deploy, on its way to the service that carries it out. */
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import type { Write } from "../../../src/contract/store.ts";
import {
  CARRIERS,
  ISSUER,
  MINUTE,
  OK,
  answerWith,
  approve,
  ask,
  begin,
  bench,
  cardOf,
  cards,
  cardSays,
  grants,
  isHanded,
  isSettled,
  keep,
  nameCarriers,
  notes,
  pending,
  posted,
  report,
  restart,
  said,
  stop,
  tries,
  twoLive,
  twoLiveByAgent,
  useServices,
  wishOf,
} from "../../support/carrying-services.ts";
import { until } from "../../support/hub-process.ts";

useServices();

describe("what is approved where a service is named", () => {
  test("is handed to the first that fits, exactly as approved, with its grant; the card says who has it", async () => {
    await twoLive();
    expect(cardOf("sha-2")?.offers).toEqual(["rollback"]);
    const code = await approve();
    await isSettled();
    expect(posted.map(({ url }) => url)).toEqual([CARRIERS[0]?.url]);
    const [{ id, value } = { id: "", value: undefined }] = posted;
    const [asked] = await bench.life().journal.store.find("approvals");
    expect(id).toBe(asked?.id);
    expect(value).toMatchObject({
      id,
      type: "carry_out",
      action: {
        do: "deploy.rollback",
        app: "shop",
        environment: "production",
        deploy_id: "2",
        to: { deploy_id: "1", hub_id: cardOf("sha-1")?.id, revision: "sha-1" },
      },
      deploy: { deploy_id: "2", app: "shop", state: "live" },
      approval: { id, code, digest: asked?.digest, class: "red", decided_by: "ann", reason: "ann asked for it." },
    });
    // With the hub's own clock, which stands in 1970 here.
    const how = { issuer: ISSUER, currentDate: new Date(bench.clock.now()) };
    const { payload } = await jwtVerify(value?.grant ?? "", createLocalJWKSet(await grants.keys()), how);
    expect(payload).toMatchObject({ jti: id, digest: asked?.digest, approvers: [{ name: "ann" }] });
    expect(notes()).toContain("approved by ann; ci.example.internal carries it out");
    expect(asked).toMatchObject({ state: "approved", usedBy: "grant", waiting: [] });
    expect(bench.agent.turns).toEqual([]);
    await report({ deploy_id: "2", state: "rolled_back" });
    expect(cardOf("sha-2")).toMatchObject({ state: "rolled_back", notes: ["Back to `sha-1` of 1970-01-01 00:16 UTC."] });
  });

  test("names both deploys as their maker does, with their addresses, and says nothing of what nobody told", async () => {
    const [one, two] = ["https://one.example.internal", "https://two.example.internal"];
    await report({ deploy_id: "n1", urls: { live: one } });
    await report({ deploy_id: "n2", urls: { live: two } });
    await approve();
    await isSettled();
    const hubId = cards().find(({ urls }) => urls.live === two)?.id;
    expect(posted[0]?.value).toMatchObject({ approval: { title: "Roll back shop (production) to n1" } });
    expect(posted[0]?.value.action).toEqual({
      do: "deploy.rollback",
      app: "shop",
      environment: "production",
      deploy_id: "n2",
      hub_id: hubId,
      url: two,
      to: { deploy_id: "n1", hub_id: expect.stringMatching(/^dep_/), url: one },
    });
    expect(JSON.stringify(posted[0]?.value)).not.toContain("null");
  });

  test("where its maker gives no id, it goes back to the deploy of a minute", async () => {
    for (const state of ["building", "live", "building", "live"] as const) await report({ state });
    await approve();
    await isSettled();
    expect(posted[0]?.value).toMatchObject({
      approval: { title: expect.stringMatching(/ to the deploy of 1970-01-01 \d\d:\d\d UTC$/) },
    });
    const { deploy_id, hub_id, to } = posted[0]?.value.action ?? {};
    expect([deploy_id, hub_id, to]).toEqual([undefined, expect.stringMatching(/^dep_/), { hub_id: expect.stringMatching(/^dep_/) }]);
    await report({ deploy_id: `${hub_id}`, state: "rolled_back" });
    expect(cards().findLast(({ id }) => id === hub_id)?.state).toBe("rolled_back");
  });

  test("is asked for with a button on a card that no conversation asked for", async () => {
    await twoLive();
    const { id } = cardOf("sha-2") ?? {};
    const place = { chatId: "home", sender: "ann", ts: "2026-01-01T00:00:00.000Z" };
    const ack = await bench.chat.hear({ type: "action", eventId: "p1", subject: `deploy:${id}`, choice: "rollback", ...place });
    expect(ack).toMatchObject({ text: "Asked. It is carried out once it is approved." });
    await bench.clock.settled();
    expect(await pending()).toMatchObject({ address: { chat: "home" }, sessionKey: null });
  });

  test("has no button, and no way, where none fits and no conversation asked", async () => {
    nameCarriers(CARRIERS.slice(0, 1));
    await begin();
    await twoLive({ app: "blog" });
    expect(cardOf("sha-2")?.offers).toEqual([]);
    await bench.say("!rollback blog", "anywhere");
    expect(bench.chat.calls.at(-1)?.text).toContain("There is no conversation here whose agent could do that");
    await report({ deploy_id: "3", environment: "staging", revision: { sha: "sha-3" } });
    expect(cardOf("sha-3")?.offers).toEqual(["promote"]);
  });

  test("what nobody has to be asked about is handed over at once", async () => {
    await begin({ approvals: { autonomyTier: 3 } });
    await twoLive();
    await ask();
    await isSettled();
    expect(posted).toMatchObject([{ value: { approval: { decision_reason: expect.any(String) } } }]);
    expect(notes()).toContain("approved by the rules; ci.example.internal carries it out");
  });

  test("denied or expired, nobody is called", async () => {
    await twoLive();
    await bench.say(`deny ${await ask()} too early`, "anywhere");
    expect(notes()).toContain("was not approved by ann (too early)");
    await ask();
    await bench.clock.tick(61 * MINUTE);
    expect(notes()).toContain("was not approved (nobody decided in time)");
    expect(posted).toEqual([]);
  });

  test("an orchestrator that is gone takes nothing along", async () => {
    await twoLive();
    const code = await ask();
    await bench.restart([{ name: "other", alias: "Other", busyMode: "queue", chats: [] }]);
    keep();
    await bench.say(`approve ${code}`, "anywhere");
    await isSettled();
    expect(posted).toHaveLength(1);
  });

  test("is not carried out where something else is there by now", async () => {
    await twoLive();
    const code = await ask();
    await report({ deploy_id: "3", revision: { sha: "sha-3" } });
    await bench.say(`approve ${code}`, "anywhere");
    await bench.clock.settled();
    expect(said().at(-1)).toContain(
      `${code} was approved, and nothing is carried out: that deploy of shop (production) is superseded by now.`,
    );
    expect(notes()).not.toContain("asks to roll back");
    expect(posted).toEqual([]);
  });
});

describe("what cannot be handed over", () => {
  test.each([400, 401, 404, 302, 422])(
    "answered %i, is told at once on the card and where it was asked, and may be asked again",
    async (status) => {
      answerWith(() => ({ status, body: undefined }));
      await twoLive();
      const code = await approve();
      await isSettled();
      expect(posted).toHaveLength(1);
      expect(notes()).toContain(`approved by ann; it could not be handed over: ci.example.internal answered ${status}.`);
      const notices = bench.chat.calls.filter(({ text }) => text.includes("could not be handed over") && text.includes(code));
      expect(notices).toMatchObject([{ chatId: "home", threadId: "anywhere" }]);
      expect(cardOf("sha-2")?.offers).toEqual(["rollback"]);
      answerWith(() => OK);
      expect(await approve()).not.toBe(code);
      await isSettled();
      expect(posted.map(({ id }) => id)).toEqual([...new Set(posted.map(({ id }) => id))]);
      expect(notes()).toContain("ci.example.internal carries it out");
    },
  );

  test("is tried again under the same id while the approval may be used, and then no more", async () => {
    answerWith(() => (posted.length % 2 === 0 ? { status: 503, body: undefined } : { failed: "ECONNREFUSED", mayHaveArrived: false }));
    await twoLive();
    await approve();
    for (let times = 1; times <= 18; times++) {
      await tries(times);
      await bench.clock.tick(MINUTE);
    }
    await isSettled();
    expect(posted.length).toBeGreaterThan(8);
    expect(new Set(posted.map(({ id }) => id)).size).toBe(1);
    expect(notes()).toMatch(
      /ci\.example\.internal (answered 503|could not be reached \(nothing listens there\)), until the approval's time was over\./,
    );
    expect(said().filter((text) => text.includes("could not be handed over: "))).toHaveLength(1);
    expect(said().filter((text) => text.includes("could not be handed over yet: "))).toHaveLength(1);
    expect((await wishOf("2"))?.state).toBe("not_taken");
  });

  test.each([408, 425, 429, 500])("answered %i, is tried again", async (status) => {
    answerWith(() => (posted.length < 3 ? { status, body: undefined } : OK));
    await twoLive();
    await approve();
    for (const times of [1, 2]) {
      await tries(times);
      await bench.clock.tick(4000);
    }
    await isSettled();
    expect(posted).toHaveLength(3);
    await cardSays("carries it out");
  });

  test("because the configuration names nobody any more, says so", async () => {
    await twoLive();
    const code = await ask();
    await stop();
    nameCarriers([]);
    keep();
    await bench.say(`approve ${code}`, "anywhere");
    await isSettled();
    expect(notes()).toContain("could not be handed over: the configuration no longer names anybody who carries it out");
  });
});

describe("the process dies", () => {
  const handsOver = (write: Write) => write.op === "put" && write.table === "kv" && write.id.startsWith("deploy/hand-over/");
  const isTaken = (write: Write) => write.op === "delete" && write.table === "kv" && write.id.startsWith("deploy/hand-over/");

  test("before the decision is written: it is decided again", async () => {
    await twoLive();
    const code = await ask();
    bench.life().dieAt("before", handsOver);
    void bench.say(`approve ${code}`, "anywhere");
    await bench.clock.settled();
    await restart();
    await isSettled();
    if ((await pending()) !== undefined) await bench.say(`approve ${code}`, "anywhere");
    await isSettled();
    expect(posted).toHaveLength(1);
    expect(notes()).toContain("carries it out");
  });

  test("right after the decision: the next life hands it over", async () => {
    await twoLive();
    const code = await ask();
    bench.life().dieAt("after", handsOver);
    void bench.say(`approve ${code}`, "anywhere");
    await until("it died", async () => bench.life().committed.some((writes) => writes.some(handsOver)));
    expect(posted).toEqual([]);
    await restart();
    await isSettled();
    expect(posted).toHaveLength(1);
    expect(notes()).toContain("ci.example.internal carries it out");
  });

  test("while it is handed over, or before that is written down: it is handed over again under the same id", async () => {
    await twoLive();
    bench.life().dieAt("before", isTaken);
    void approve();
    await isHanded(1);
    await restart();
    await isHanded(2);
    await isSettled();
    expect(posted[1]?.id).toBe(posted[0]?.id);
    expect(posted[1]?.value.approval).toEqual(posted[0]?.value.approval);
    await restart();
    expect(posted).toHaveLength(2);
  });

  test("after a refusal was said: it is not said again", async () => {
    answerWith(() => ({ status: 404, body: undefined }));
    await twoLive();
    bench.life().dieAt("after", isTaken);
    void approve();
    await until("it died", () => bench.life().committed.some((writes) => writes.some(isTaken)));
    await restart();
    await cardSays("could not be handed over");
    expect(posted).toHaveLength(1);
    expect(said().filter((text) => text.includes("could not be handed over"))).toHaveLength(1);
  });

  test("an orchestrator that is gone: what was asked of it is cancelled on the card in the same unit", async () => {
    nameCarriers([]);
    await begin();
    await twoLiveByAgent();
    await bench.say("!rollback shop");
    expect(notes()).toContain("asks to roll back");
    bench.life().die();
    const others = [{ name: "other", alias: "Other", busyMode: "queue", chats: [] }] as const;
    await bench.restart(others);
    await until("it is cancelled", async () => (await pending()) === undefined);
    const [unit] = bench.life().committed.filter((writes) => writes.some((write) => write.op === "update" && write.table === "approvals"));
    expect(unit?.some((write) => write.op === "update" && write.table === "deploys")).toBe(true);
    expect((await wishOf("2"))?.state).toBe("refused");
  });
});
