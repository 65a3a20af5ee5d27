/** From the hub to the platform when nothing goes wrong: shown whole, in order, within the limits the connector states. */
import type { Connector, TextLimit } from "../../contract/connector.ts";
import { lengthIn } from "../../delivery/split.ts";
import type { OutboundMessage } from "../../contract/message.ts";
import { type ConnectorCase, told } from "../case.ts";
import { claim, claimEqual } from "../claims.ts";
import type { Rig } from "../harness.ts";

export const OUTBOUND_CASES: readonly ConnectorCase[] = [
  {
    name: "shows what it is given and returns the proof",
    needs: {},
    async run({ rig }) {
      const result = await rig.connector.send({ text: "hello from the hub" });
      claimEqual([result.delivered, result.outcome], [true, "sent"], `the message was not sent (${result.error ?? "no reason given"})`);
      claimEqual(result.receipt?.messageId, result.messageId, "receipt and result name two messages");
      const shown = (await rig.shown()).map(({ messageId, text }) => ({ messageId, text }));
      claimEqual(shown, [{ messageId: result.messageId, text: "hello from the hub" }], "the person does not see what was sent");
    },
  },
  {
    name: "keeps the order of what is sent without waiting",
    needs: {},
    async run({ rig }) {
      const texts = Array.from({ length: 20 }, (_, at) => `message ${at}`);
      await Promise.all(texts.map((text) => rig.connector.send({ text })));
      claimEqual(await textsShown(rig), texts, "what was sent in one order is shown in another");
    },
  },
  {
    name: "takes a text of exactly its limit, in its own unit, and never cuts a longer one",
    needs: {},
    async run({ rig }) {
      const limit = rig.connector.limits?.text;
      if (limit === undefined) return;
      const exact = fillTo(limit, rig.connector);
      const sent = await rig.connector.send({ text: exact });
      claim(sent.delivered, `a text of exactly the stated limit is refused (${sent.error ?? "no reason given"})`);
      const longer = await rig.connector.send({ text: exact + LETTERS[limit.unit] });
      const shown = await textsShown(rig);
      claimEqual(
        shown.map((text) => text.length),
        (longer.delivered ? [exact, exact + LETTERS[limit.unit]] : [exact]).map((text) => text.length),
        "a text above the limit was cut without a word",
      );
    },
  },
  {
    name: "shows every word of a text that needs several messages",
    needs: {},
    async run({ rig, delivery }) {
      const limit = rig.connector.limits?.text;
      // A limit nobody reaches by writing needs no parts.
      if (limit === undefined || limit.max > 20_000) return;
      const words = Array.from({ length: Math.ceil((limit.max * 2.5) / 9) }, (_, at) => `word-${String(at).padStart(4, "0")}`);
      const row = await (await delivery()).deliver(words.join(" "));
      claimEqual(row.state, "sent", `a long text was not sent (${row.lastError ?? "no reason given"})`);
      const shown = [...(await textsShown(rig)).join(" ").matchAll(/word-\d+/g)].map(([word]) => word);
      claimEqual(
        { words: shown.length, missing: words.filter((word) => !shown.includes(word)).slice(0, 3) },
        { words: words.length, missing: [] },
        "words of a long text are missing or doubled",
      );
    },
  },
  {
    name: "notifies exactly whom it is told to, once, whatever the text says",
    needs: { notified: true },
    async run({ rig }) {
      const { sender: id } = await told(rig, "here I am");
      const calls = `@everyone @here @channel @room @all <!channel> <!here> <@${id}> <@!${id}> @${id} ${id}`;
      const notified = async (message: OutboundMessage): Promise<readonly string[] | undefined> => {
        const { messageId = "", error } = await rig.connector.send(message);
        claim(messageId !== "", `the message was not sent (${error ?? "no reason given"})`);
        return rig.notified?.(messageId);
      };
      claimEqual(await notified({ text: calls }), [], "a text alone notifies people");
      for (const name of ["Ann", "Ann *the* <Boss>"]) {
        const mentions = [{ id, name }];
        const texts = [
          `${calls}\n\n\`\`\`\nthe log of @${name}\n\`\`\`\nFollowed by @${name}, @Annabel.`,
          "nobody is named here",
          `\`@${name}\``,
        ];
        for (const text of texts)
          claimEqual(await notified({ text, mentions }), [id], `not exactly the person meant is notified of ${JSON.stringify(text)}`);
      }
    },
  },
  {
    name: "edit: notifies nobody again",
    needs: { notified: true, power: "edit" },
    async run({ rig }) {
      const { sender: id } = await told(rig, "here I am");
      const mentions = [{ id, name: "Ann" }];
      const { receipt } = await rig.connector.send({ text: "this is for @Ann" });
      const { delivered, error } = await rig.connector.send({ text: "this is for @Ann, changed", mentions, edits: receipt });
      claim(delivered, `a change in place failed (${error ?? "no reason given"})`);
      claimEqual(await rig.notified?.(receipt?.messageId ?? ""), [], "a change notifies people");
    },
  },
  {
    name: "does not reject after it is closed",
    needs: {},
    async run({ rig: { connector } }) {
      await connector.close();
      const { delivered, outcome } = await connector.send({ text: "too late" });
      claimEqual([delivered, outcome], [false, "not_sent"], "a closed connector does not say `not_sent`");
    },
  },
];

const LETTERS = { utf16: "é", codepoints: "🦊", bytes: "x" } as const;

/** The longest text that fits: by the unit, or by what the connector itself measures. */
function fillTo({ max, unit }: TextLimit, { measure }: Connector): string {
  const letter = LETTERS[unit];
  const text = letter.repeat(Math.floor(max / lengthIn(unit, letter)));
  const overhead = measure === undefined ? 0 : Math.max(0, measure(text) - max);
  return text.slice(0, text.length - Math.ceil(overhead / lengthIn(unit, letter)) * letter.length);
}

async function textsShown(rig: Rig): Promise<string[]> {
  return (await rig.shown()).map(({ text }) => text);
}
