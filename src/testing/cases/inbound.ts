/** From the platform to the hub: every event, once recognisable, acknowledged when it is taken and not before. */
import type { Connector, MessageHandler } from "../../contract/connector.ts";
import { type ConnectorCase, listen, platformOf } from "../case.ts";
import { claim, claimEqual, claimSoon, pause } from "../claims.ts";

/** For an event on its way from the platform, also after a reconnect. */
const ARRIVES_MS = 5000;

export const INBOUND_CASES: readonly ConnectorCase[] = [
  {
    name: "delivers the words with sender, time, place and event id",
    needs: {},
    async run({ rig }) {
      const heard = listen(rig.connector);
      claimEqual((await rig.say("hello there")).acknowledged, true, "the platform got no acknowledgement");
      claimEqual(
        heard.map(({ text }) => text),
        ["hello there"],
        "the words did not arrive once",
      );
      const [message] = heard;
      for (const field of ["sender", "chatId", "eventId"] as const) claim(Boolean(message?.[field]), `the message has no ${field}`);
      claimEqual(new Date(message?.ts ?? "").toISOString(), message?.ts, "`ts` is not ISO-8601");
    },
  },
  {
    name: "acknowledges only after the handler has resolved",
    needs: {},
    async run({ rig }) {
      const { handler, entered, release } = heldHandler();
      rig.connector.subscribe(handler);
      let isAcknowledged = false;
      const said = rig.say("wait for it").then(({ acknowledged }) => (isAcknowledged = acknowledged));
      await entered;
      await pause(Math.min(100, (rig.platform?.patienceMs ?? 200) / 2));
      claim(!isAcknowledged, "the platform was acknowledged before the hub had written the message down");
      release();
      await said;
      claim(isAcknowledged, "the platform got no acknowledgement");
    },
  },
  {
    name: "does not acknowledge what the handler rejected, and takes it when it comes again",
    needs: {},
    async run({ rig }) {
      let isBroken = true;
      const heard: string[] = [];
      rig.connector.subscribe(async ({ eventId }) => {
        heard.push(eventId);
        if (isBroken) throw new Error("the disk is full");
      });
      claimEqual((await rig.say("keep this")).acknowledged, false, "the platform was acknowledged for what the hub could not write down");
      isBroken = false;
      claimEqual((await rig.say("keep this", { again: true })).acknowledged, true, "the second delivery got no acknowledgement");
      claim(heard.length >= 2, "the second delivery did not reach the hub");
      claimEqual(new Set(heard).size, 1, "the second delivery has another event id");
    },
  },
  {
    name: "gives a duplicate the event id of the first, and another message another",
    needs: {},
    async run({ rig }) {
      const heard = listen(rig.connector);
      await rig.say("one");
      await rig.say("one", { again: true });
      await rig.say("two");
      // A connector may drop the duplicate itself; if it delivers it, it is recognised by its id.
      const ids = (text: string): string[] => heard.filter((message) => message.text === text).map(({ eventId }) => eventId);
      claimEqual(new Set(ids("one")).size, 1, "a message that is delivered twice has two event ids and would be taken twice");
      claim(ids("two").length > 0 && !ids("one").includes(ids("two")[0] ?? ""), "another message has the event id of the first");
    },
  },
  {
    name: "takes both of two messages that come in the wrong order",
    needs: { platform: true },
    async run({ rig }) {
      const heard = listen(rig.connector);
      const acknowledged = await platformOf(rig).sayReversed(["first", "second"]);
      claimEqual(
        heard.map(({ text }) => text).toSorted(),
        ["first", "second"],
        "of two messages that came in the wrong order not both arrived once",
      );
      claim(
        acknowledged.every((one) => one.acknowledged),
        "not both were acknowledged",
      );
      claimEqual(new Set(heard.map(({ eventId }) => eventId)).size, 2, "both have the same event id");
    },
  },
  {
    name: "bears a hub that is slower than the platform's patience",
    needs: { platform: true },
    async run({ rig }) {
      const { patienceMs } = platformOf(rig);
      const heard: string[] = [];
      const leave = rig.connector.subscribe(async ({ eventId }) => {
        heard.push(eventId);
        await pause(patienceMs * 2);
      });
      claimEqual((await rig.say("slowly")).acknowledged, false, "the platform was acknowledged before the hub was ready");
      await pause(patienceMs * 2);
      leave();
      rig.connector.subscribe(({ eventId }) => void heard.push(eventId));
      claimEqual((await rig.say("slowly", { again: true })).acknowledged, true, "the second delivery got no acknowledgement");
      claimEqual(new Set(heard).size, 1, "the second delivery has another event id");
    },
  },
  {
    name: "delivers after a crash what it had not acknowledged",
    needs: { platform: true },
    async run({ rig }) {
      const { handler, entered } = heldHandler();
      rig.connector.subscribe(handler);
      void rig.say("do not lose this").catch(() => {});
      await entered;
      const next = await rig.restart();
      const heard = listen(next.connector);
      const again = next.say("do not lose this", { again: true });
      await claimSoon(ARRIVES_MS, () => heard.length > 0, "what was not acknowledged before the crash did not come again");
      claimEqual((await again).acknowledged, true, "the second delivery got no acknowledgement");
    },
  },
  {
    name: "hears again after the platform has hung up",
    needs: { platform: true },
    async run({ rig }) {
      const heard = listen(rig.connector);
      await rig.say("before");
      platformOf(rig).hangUp();
      await claimSoon(ARRIVES_MS, async () => (await rig.connector.health()).reachable, "it did not connect again");
      claimEqual((await rig.say("after")).acknowledged, true, "nothing is acknowledged after a hang-up");
      claimEqual([...new Set(heard.map(({ text }) => text))], ["before", "after"], "a message after a hang-up did not arrive");
    },
  },
  {
    name: "delivers nothing to a handler that left",
    needs: {},
    async run({ rig }) {
      const heard: string[] = [];
      listen(rig.connector);
      const leave = rig.connector.subscribe(({ text }) => void heard.push(text));
      await rig.say("before");
      leave();
      await rig.say("after");
      claimEqual(heard, ["before"], "a handler that left is still called, or was never called");
    },
  },
  {
    name: "delivers nothing once it is closed",
    needs: {},
    async run({ rig }) {
      const heard = listen(rig.connector);
      await rig.connector.close();
      claimEqual((await rig.say("too late")).acknowledged, false, "a closed connector acknowledges");
      claimEqual(heard.length, 0, "a closed connector delivers");
    },
  },
  {
    name: "carries the hub's answer inside the acknowledgement, in time",
    needs: { answers: true },
    async run({ rig }) {
      answer(rig.connector, "You may not do that here.");
      const said = await rig.say("open the vault");
      if (rig.connector.can?.answersMessages)
        claimEqual(
          said,
          { acknowledged: true, answer: "You may not do that here." },
          "the person did not see the answer to their message in time",
        );
      else
        claim(
          said.answer === undefined,
          "an answer to a message is shown that `can.answersMessages` does not promise: the hub says it, too",
        );
      if (rig.press === undefined || rig.connector.can?.ask === undefined) return;
      const pressed = await rig.press("apr_0", "approve");
      claimEqual(
        pressed,
        { acknowledged: true, answer: "You may not do that here." },
        "the person did not see the answer to their press in time",
      );
    },
  },
];

function answer(connector: Connector, text: string): void {
  connector.subscribe(async () => ({ type: "refused", privateText: text }));
  connector.onEvent?.(async () => ({ type: "privateText", text, trace: "trc_kit" }));
}

/** A handler that stays at work until it is released. */
function heldHandler(): { readonly handler: MessageHandler; readonly entered: Promise<void>; release(): void } {
  let release = (): void => {};
  let enter = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const handler = async (): Promise<void> => {
    enter();
    await held;
  };
  return { handler, entered, release };
}
