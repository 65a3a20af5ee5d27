import { expect, test } from "vitest";
import { createDeliveryBench } from "../../support/delivery-bench.ts";
import { createRecordingConnector, notSent } from "../../support/recording-connector.ts";

const limits = { text: { max: 120, unit: "utf16" }, parts: 2, countsAsEvent: [] } as const;
const text = Array.from({ length: 60 }, (_, at) => `Sentence ${at}.`).join(" ");

test("a text that would need too many messages arrives as its beginning, with all of it in a file the hub kept; also at the second attempt", async () => {
  const chat = createRecordingConnector({ limits, can: { upload: true } });
  let refusals = 1;
  const deliver = chat.script;
  chat.script = (message) => (refusals-- > 0 ? notSent({ do: "retry" }) : deliver(message));
  const bench = await createDeliveryBench({ chat });
  try {
    await bench.queue(text);
    await bench.clock.tick(60_000);
    expect(chat.shown).toEqual([expect.stringMatching(/^Sentence 0\.[^]*\(It goes on in answer\.md\.\)$/)]);
    expect(chat.calls.at(-1)?.attachments).toEqual([expect.objectContaining({ name: "answer.md", mimeType: "text/markdown" })]);
    expect(new Set(bench.kept.map((file) => file.text))).toEqual(new Set([text]));
  } finally {
    await bench.dispose();
  }
});
