/** Deciding through a canvas, over HTTP: who may, what proves it, and what does not. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/hub-process.ts";
import { type HubCaller, type Review, startDeciding } from "../support/canvas-deciding.ts";

let stage: Awaited<ReturnType<typeof startDeciding>>;
/** Nobody gets to decide this one. */
let kept: Review;
beforeAll(async () => {
  stage = await startDeciding();
  kept = await stage.review("red");
});
afterAll(() => stage?.end());

const titleOf = async (answer: Response): Promise<string> => ((await answer.json()) as { title: string }).title;

describe("a vote", () => {
  test("by who is signed in counts: the agent is told, the audit says it came through a canvas, and again it is the same", async () => {
    const { id, code, decide, thread } = await stage.review("red");
    const anna = await stage.signIn("Anna");
    const answers = await Promise.all([decide(anna, "approve"), decide(anna, "approve")]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await answers[0]?.json()).toEqual({ said: `${code} is approved.` });
    await until("the agent is told", async () => (await thread()).includes("It was approved by Anna"));
    const decided = (await stage.audit(id)).filter(({ what }) => what === "approval.approved");
    expect(decided).toMatchObject([{ facts: { via: "canvas" } }]);
    const late = await decide(anna, "deny");
    expect([late.status, await titleOf(late)]).toEqual([409, `${code} was already approved by Anna.`]);
  });

  test.each([
    ["a link of the chat", 401, async () => stage.byLink],
    ["a link of one's own", 401, async () => stage.byOwnLink],
    ["a token", 403, async () => stage.byToken],
    ["a signed-in browser whose person may not decide", 403, () => stage.signIn("Vi")],
    ["a signed-in browser that did not open the canvas", 401, () => stage.signIn("Anna", { opens: false })],
  ] as [string, number, () => Promise<HubCaller>][])("with %s is refused with %i and changes nothing", async (_what, status, make) => {
    const { decide, state } = kept;
    const answer = await decide(await make(), "approve");
    expect(answer.status).toBe(status);
    expect(await state()).toMatchObject({ state: "pending" });
  });

  test("that another site's page sends is refused, and a GET is no vote", async () => {
    const { decide, state } = kept;
    const anna = await stage.signIn("Anna");
    expect((await decide(anna, "approve", { origin: "https://evil.example" })).status).toBe(403);
    expect((await decide(anna, "approve", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await stage.get(kept, anna, "decide")).status).toBe(404);
    expect(await state()).toMatchObject({ state: "pending" });
  });

  test("on an approval that this canvas does not show is refused", async () => {
    const other = await stage.review("red");
    const answer = await kept.decide(await stage.signIn("Anna"), "approve", {}, { approval: other.id });
    expect([answer.status, await titleOf(answer)]).toEqual([404, `There is no approval on this canvas ${other.id}.`]);
    expect(await other.state()).toMatchObject({ state: "pending" });
    await other.decide(await stage.signIn("Anna"), "deny");
  });

  test("to approve what is typed needs its code, right; to deny it needs none", async () => {
    const { code, decide, state } = await stage.review("critical_red");
    const anna = await stage.signIn("Anna");
    for (const typed of [{}, { code: "AAA-AAA" }]) {
      const answer = await decide(anna, "approve", {}, typed);
      expect([answer.status, await titleOf(answer)]).toEqual([403, `${code} is approved only with its code typed.`]);
    }
    expect(await state()).toMatchObject({ state: "pending" });
    expect((await decide(anna, "approve", {}, { code: code.toLowerCase() })).status).toBe(200);
    const denied = await stage.review("critical_red");
    expect((await denied.decide(anna, "deny", {}, { reason: "no hurry" })).status).toBe(200);
    await until("the agent is told", async () => (await denied.thread()).includes("denied: no hurry"));
  });

  test("after the deadline counts no more", async () => {
    const { decide, state } = await stage.brief();
    const anna = await stage.signIn("Anna");
    await until("it has expired", async () => JSON.stringify(await state()).includes('"state":"expired"'));
    const answer = await decide(anna, "approve");
    expect([answer.status, await titleOf(answer)]).toEqual([409, expect.stringContaining("already expired")]);
    expect(await state()).toMatchObject({ state: "expired" });
  });
});
