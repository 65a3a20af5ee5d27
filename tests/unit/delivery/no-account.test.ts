/** What was to be shown by an account that has been taken out of the configuration. */
import { expect, onTestFinished, test } from "vitest";
import type { Connector } from "../../../src/contract/connector.ts";
import { conversationName } from "../../../src/contract/ids.ts";
import { createHubBench, message } from "../../support/hub-bench.ts";
import { addPerson } from "../../support/mortal-journal.ts";
import { createRecordingConnector } from "../../support/recording-connector.ts";

test("of a mirrored conversation is given up with a word, the rest is shown; once the account is back, so are its answers", async () => {
  const ops = createRecordingConnector();
  const others: Record<string, Connector> = { ops };
  const bench = await createHubBench({ others });
  onTestFinished(() => bench.file.dispose());
  const store = () => bench.life().journal.store;
  await addPerson(bench.life().journal, "bea", ["operator"], "ops");
  const answer = async (words: string): Promise<void> => {
    await bench.say(`question of ${words}`);
    await bench.agent.report(words, { type: "text", text: words });
    await bench.agent.end(words);
    await bench.clock.settled();
  };
  await answer("first");
  const [session] = await store().find("sessions");
  await ops.hear(message(`!mirror ${conversationName(session?.id ?? "agent:x:chat:x")}`, { sender: "bea" }));
  await bench.clock.settled();
  expect(ops.shown).toHaveLength(1);

  delete others["ops"];
  await bench.restart();
  await answer("second");
  await answer("third");
  expect(bench.chat.shown.filter((text) => ["second", "third"].includes(text))).toEqual(["second", "third"]);
  const rows = (await store().find("outbox", { limit: Infinity })).filter(({ account, state }) => account === "ops" && state !== "sent");
  expect(rows.map(({ op }) => (op.type === "send" ? op.message.text : op.type))).toEqual(expect.arrayContaining(["second", "third"]));
  expect(new Set(rows.map(({ state, lastError }) => `${state}: ${lastError}`))).toEqual(
    new Set(["dead: the account ops is no longer in the configuration"]),
  );

  others["ops"] = ops;
  ops.forgetListeners();
  await bench.restart();
  await answer("fourth");
  expect(ops.shown).toContain("fourth");
  expect(ops.shown).not.toContain("second");
});
