/** From the hub to the platform when something goes wrong: nothing lost, nothing shown twice without a word, and the platform left alone as it asks. */
import { DUPLICATE_MARK } from "../../delivery/duplicate-mark.ts";
import { type ConnectorCase, platformOf, type Stage } from "../case.ts";
import { claim, claimEqual, claimWithin, pause } from "../claims.ts";
import type { Fault, Rig } from "../harness.ts";

const RETRY_AFTER_MS = 1500;

export const FAULT_CASES: readonly ConnectorCase[] = [
  {
    name: "survives a crash between send and receipt: shown once, or marked as a possible duplicate",
    needs: {},
    async run({ rig, delivery }) {
      const way = await delivery();
      await way.dieAfterSending("did it arrive?");
      const next = await rig.restart();
      await way.goOn(next.connector);
      await claimShownOnce(next, "did it arrive?");
    },
  },
  {
    name: "does not double a message whose answer was lost, or marks it",
    needs: { platform: true },
    run: (stage) => deliverThrough(stage, { type: "lost_answer" }),
  },
  {
    name: "does not lose a message whose request was lost",
    needs: { platform: true },
    run: (stage) => deliverThrough(stage, { type: "lost_request" }),
  },
  {
    name: "says `unknown` when the request left and no answer came",
    needs: { platform: true },
    async run({ rig }) {
      const result = await sendInto(rig, { type: "lost_answer" });
      const isRight = result.delivered || result.outcome === "unknown";
      claim(isRight, "an answer that was lost is reported as `not_sent`: the hub would send again without looking");
    },
  },
  {
    name: "tries again after a fault of the platform",
    needs: { platform: true },
    run: (stage) => deliverThrough(stage, { type: "server_error" }),
  },
  {
    name: "leaves the platform alone for as long as it asks",
    needs: { platform: true },
    async run(stage) {
      const platform = platformOf(stage.rig);
      await deliverThrough(stage, { type: "too_many", retryAfterMs: RETRY_AFTER_MS });
      const [refused = 0, next = 0] = platform.sendTimes();
      claim(
        next - refused >= RETRY_AFTER_MS - 5,
        `the platform asked for ${RETRY_AFTER_MS} ms and was called again after ${next - refused} ms`,
      );
    },
  },
  {
    name: "takes too many calls for what they are, also without a time to wait",
    needs: { platform: true },
    async run({ rig }) {
      const { delivered, outcome, verdict } = await sendInto(rig, { type: "too_many" });
      claimEqual([delivered, outcome], [false, "not_sent"], "a refused call is not `not_sent`");
      const isWaiting = verdict?.do === "retry" || (verdict?.do === "retry_after" && verdict.ms > 0);
      claim(isWaiting, `too many calls need the verdict retry_after or retry, not ${verdict?.do ?? "none"}`);
      claimEqual((await rig.shown()).length, 0, "a refused message is shown");
      claimEqual(platformOf(rig).sendTimes().length, 1, "the connector called again by itself; waiting is the hub's");
    },
  },
  {
    name: "gives up what the platform refuses for good",
    needs: { platform: true },
    async run({ rig }) {
      const { delivered, outcome, verdict } = await sendInto(rig, { type: "refused" });
      claimEqual([delivered, outcome, verdict?.do], [false, "not_sent", "drop"], "what is refused for good is not dropped");
    },
  },
  {
    name: "does not wait for ever for an answer",
    needs: { platform: true },
    async run({ rig }) {
      const { silence, answerMs } = platformOf(rig);
      silence(true);
      const result = await claimWithin(
        answerMs,
        rig.connector.send({ text: "anybody there?" }),
        "`send` waits for ever for a silent platform",
      );
      claim(!result.delivered, "a message that nobody answered is reported as delivered");
    },
  },
  {
    name: "says a reason for every failure, and no secret in it",
    needs: { platform: true },
    async run({ rig }) {
      for (const type of ["server_error", "too_many", "refused", "unauthorized", "lost_request"] as const) {
        const { error = "" } = await sendInto(rig, { type });
        claim(error !== "", `there is no reason for ${type}`);
        claim(rig.secret === undefined || !error.includes(rig.secret), `the reason for ${type} says the account's token`);
        await claimReachable(rig);
      }
    },
  },
  {
    name: "shows one message for one idempotency key, also after a restart",
    needs: { power: "idempotentMs" },
    async run({ rig }) {
      const message = { text: "once only", idempotencyKey: "key-1" };
      const first = await rig.connector.send(message);
      const again = await rig.connector.send(message);
      const after = await rig.restart();
      const later = await after.connector.send(message);
      claimEqual((await after.shown()).length, 1, "idempotentMs is declared, and one key shows several messages");
      claimEqual([again.messageId, later.messageId], [first.messageId, first.messageId], "the same message has several ids");
    },
  },
  {
    name: "finds after a crash what was shown, and nothing else",
    needs: { power: "reconcile" },
    async run({ rig }) {
      const since = new Date(0).toISOString();
      const message = { text: "did it arrive?", idempotencyKey: "key-1" };
      const { receipt } = await rig.connector.send(message);
      const reconcile = (await rig.restart()).connector.can?.reconcile;
      claim(reconcile !== undefined, "after a restart it no longer declares reconcile");
      const found = await reconcile(message, since);
      claimEqual(found?.messageId, receipt?.messageId, "reconcile does not find a message that is shown");
      const never = await reconcile({ text: "never sent", idempotencyKey: "key-2" }, since);
      claimEqual(never, undefined, "reconcile finds a message that was never sent");
    },
  },
];

async function deliverThrough({ rig, delivery }: Stage, fault: Fault): Promise<void> {
  platformOf(rig).next(fault);
  const row = await (await delivery()).deliver("please arrive");
  claimEqual(row.state, "sent", `the message was given up (${row.lastError ?? "no reason given"})`);
  await claimShownOnce(rig, "please arrive");
}

/** Once; where a platform can tell neither by a key nor by looking, once without the mark and the others with it. */
async function claimShownOnce(rig: Rig, text: string): Promise<void> {
  const { can, kind } = rig.connector;
  const copies = (await rig.shown()).filter((shown) => shown.text.includes(text));
  claim(copies.length > 0, "the message was lost");
  const unmarked = copies.filter((shown) => !shown.text.startsWith(DUPLICATE_MARK.trim()));
  claim(unmarked.length <= 1, `the message is shown ${unmarked.length} times without a word`);
  const canTell = can?.reconcile !== undefined || can?.idempotentMs !== undefined;
  claim(
    !canTell || copies.length === 1,
    `${kind} declares that it can tell what has arrived, and shows the message ${copies.length} times`,
  );
}

async function sendInto(rig: Rig, fault: Fault) {
  const { next, answerMs } = platformOf(rig);
  next(fault);
  try {
    return await claimWithin(answerMs, rig.connector.send({ text: "into trouble" }), "`send` waits for ever");
  } catch (thrown) {
    throw new Error(`\`send\` must never reject: ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}

async function claimReachable(rig: Rig): Promise<void> {
  for (let tries = 0; tries < 100 && !(await rig.connector.health()).reachable; tries += 1) await pause(20);
}
