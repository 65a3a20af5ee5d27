/** Each power that is declared is used, and its effect looked for where a person would see it. */
import type { Connector } from "../../contract/connector.ts";
import type { ApprovalCard, ConnectorEvent } from "../../contract/message.ts";
import { type ConnectorCase, listen, platformOf, told } from "../case.ts";
import { claim, claimEqual, claimSoon } from "../claims.ts";
import type { Rig } from "../harness.ts";

const ARRIVES_MS = 5000;

export const POWER_CASES: readonly ConnectorCase[] = [
  {
    name: "edit: changes a message in place, and bears the same change twice",
    needs: { power: "edit" },
    async run({ rig }) {
      const { receipt } = await rig.connector.send({ text: "draft" });
      for (const _ of ["first", "again"]) {
        const edited = await rig.connector.send({ text: "final", edits: receipt });
        claimEqual(
          [edited.delivered, edited.messageId],
          [true, receipt?.messageId],
          `a change in place failed (${edited.error ?? "no reason given"})`,
        );
      }
      claimEqual(await textsShown(rig), ["final"], "edit is declared, and the message was not changed in place");
    },
  },
  {
    name: "edit: does not pretend when there is no such message",
    needs: { power: "edit" },
    async run({ rig }) {
      const result = await rig.connector.send({ text: "final", edits: { messageId: "no-such-message" } });
      claimEqual(result.delivered, false, "a message that does not exist is reported as changed");
      claimEqual(await textsShown(rig), [], "a message that does not exist was sent as a new one");
    },
  },
  {
    name: "react: puts a reaction on a message, once",
    needs: { power: "react" },
    async run({ rig }) {
      const react = rig.connector.can?.react;
      const { receipt } = await rig.connector.send({ text: "nice" });
      claim(receipt !== undefined && react !== undefined, "there is no receipt to react to");
      const place = { chatId: receipt.chatId ?? "", threadId: receipt.threadId };
      await react(place, receipt, "👀");
      claimEqual((await react(place, receipt, "👀")).delivered, true, "a reaction that is there already is reported as a failure");
      claimEqual((await rig.shown())[0]?.reactions, ["👀"], "react is declared, and the reaction is not shown once");
    },
  },
  {
    name: "ask: draws a card with something to press, and delivers the press",
    needs: { power: "ask", rig: "press" },
    async run({ rig }) {
      const pressed: ConnectorEvent[] = [];
      rig.connector.onEvent?.(async (event) => {
        pressed.push(event);
        return { type: "accepted", trace: "trc_press" };
      });
      await rig.connector.send({ text: "may I?", card: APPROVAL });
      claim((await rig.shown())[0]?.hasButtons === true, "ask is declared, and the card has nothing to press");
      claimEqual((await rig.press?.(APPROVAL.id, "approve"))?.acknowledged, true, "the press got no acknowledgement");
      const acts = pressed.map((event) => (event.type === "action" ? [event.subject, event.choice] : [event.type]));
      claimEqual(acts, [[APPROVAL.id, "approve"]], "the press did not arrive once");
    },
  },
  {
    name: "openThread: opens a thread, and the same one when asked again",
    needs: { power: "openThread" },
    async run({ rig }) {
      const openThread = rig.connector.can?.openThread;
      const { chatId, eventId } = await told(rig, "let us talk");
      const first = await openThread?.({ chatId }, eventId, "Let us talk");
      const again = await openThread?.({ chatId }, eventId, "Let us talk");
      claimEqual(again?.threadId, first?.threadId, "asked again it opened another thread");
      await rig.connector.send({ text: "in the thread", ...first });
      const last = (await rig.shown()).at(-1);
      claimEqual([last?.text, last?.threadId], ["in the thread", first?.threadId], "the thread does not show what is sent into it");
    },
  },
  {
    name: "whisper: is seen by one person only",
    needs: { power: "whisper", rig: "shownToOthers" },
    async run({ rig }) {
      const { chatId, sender } = await told(rig, "psst");
      await rig.connector.can?.whisper?.({ chatId }, sender, "only for you");
      claim((await textsShown(rig)).includes("only for you"), "the person does not see what was whispered to them");
      const others = (await rig.shownToOthers?.()) ?? [];
      claim(!others.some(({ text }) => text === "only for you"), "others see what was whispered");
    },
  },
  {
    name: "typing: is seen where a conversation lives",
    needs: { power: "typing", rig: "glimpsed" },
    async run({ rig }) {
      const { chatId, threadId, eventId } = await told(rig, "let us talk");
      const place = { chatId, threadId, ...(await rig.connector.can?.openThread?.({ chatId }, eventId, "Let us talk")) };
      const seen = await rig.glimpsed?.(async () => rig.connector.can?.typing?.(place));
      claim(seen?.some((one) => "typing" in one) === true, "typing is declared, and nobody sees it");
    },
  },
  {
    name: "stream: shows text as it is written, and keeps none of it",
    needs: { power: "stream", rig: "glimpsed" },
    async run({ rig }) {
      const seen = await rig.glimpsed?.(async () => rig.connector.can?.stream?.(home(rig.connector), "trc_1", "so far"));
      claim(seen?.some((one) => "text" in one && one.text === "so far") === true, "stream is declared, and nobody sees the text grow");
      claimEqual(await textsShown(rig), [], "streamed text is kept");
    },
  },
  {
    name: "turnEnd: tells faces that wait, once for each trace",
    needs: { power: "turnEnd", rig: "turnEnds" },
    async run({ rig }) {
      for (const trace of ["trc_1", "trc_2", "trc_1"])
        claimEqual(
          (await rig.connector.can?.turnEnd?.(home(rig.connector), { trace, outcome: "done" }))?.delivered,
          true,
          "an end was not told",
        );
      claimEqual(await rig.turnEnds?.(), ["trc_1", "trc_2"], "the ends of turns are not told once each");
    },
  },
  {
    name: "catchUp: fetches what was said while nobody was connected",
    needs: { power: "catchUp", rig: "sayWhileAway" },
    async run({ rig }) {
      listen(rig.connector);
      await rig.say("known");
      await rig.connector.close();
      await rig.sayWhileAway?.("missed");
      const { connector } = await rig.restart();
      const heard = listen(connector);
      const { fetched } = (await connector.can?.catchUp?.()) ?? { fetched: 0 };
      await claimSoon(ARRIVES_MS, () => heard.length > 0, "catchUp is declared, and what was missed does not arrive");
      claimEqual([heard.map(({ text }) => text), fetched], [["missed"], 1], "not exactly what was missed was fetched");
    },
  },
  {
    name: "replays: delivers by itself what was said while nobody was connected",
    needs: { power: "replays", rig: "sayWhileAway", platform: true },
    async run({ rig }) {
      listen(rig.connector);
      await rig.say("known");
      await rig.connector.close();
      await rig.sayWhileAway?.("missed");
      const next = await rig.restart();
      const heard = listen(next.connector);
      // The harness has connected before anybody listened, and what nobody took comes again with the next connection.
      platformOf(next).hangUp();
      await claimSoon(ARRIVES_MS, () => heard.length > 0, "replays is declared, and what was missed does not arrive");
      claimEqual([...new Set(heard.map(({ text }) => text))], ["missed"], "not exactly what was missed was delivered");
    },
  },
];

async function textsShown(rig: Rig): Promise<string[]> {
  return (await rig.shown()).map(({ text }) => text);
}

function home({ homeChat = "" }: Connector): { readonly chatId: string } {
  return { chatId: homeChat };
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
