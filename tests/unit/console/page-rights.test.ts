/** What a person is shown of what they may not do: the reason, and who may. */
import { Keyv } from "keyv";
import { describe, expect, it } from "vitest";
import type { Connector, Rights } from "../../../src/contract/connector.ts";
import type { Card } from "../../../src/contract/message.ts";
import { createConsole } from "../../support/harnesses/console.ts";
import { openLivePage, readPage } from "../../support/page-reader.ts";
import { SAMPLE_CARDS } from "../../support/page-stage.ts";

const WHY = "deciding this needs the role approver";

function consoleWith(rights: Partial<Rights>): Connector {
  const all: Rights = { mayTalk: async () => true, decidersOf: async () => undefined, ...rights };
  return createConsole(new Keyv(), undefined, undefined, { rights: all });
}

const cardOf = (word: string): Card => {
  const card = SAMPLE_CARDS[word]?.("c1")[0];
  if (card === undefined) throw new Error(`there is no card ${word}`);
  return card;
};

describe("of an approval", () => {
  it("who may not decide sees why and who may, and no button; the same as it comes", async () => {
    const connector = consoleWith({ decidersOf: async () => ({ whyNot: WHY, names: ["Ada", "<b>Bob</b>"] }) });
    const live = await openLivePage(connector);
    await connector.send({ text: "in words", card: cardOf("approve") });
    await live.until((page) => page.conversation().includes("card approval"));
    for (const shown of [await readPage(connector), live.conversation()]) {
      expect(shown).toContain(`You cannot decide this: ${WHY}. Who may: Ada, &lt;b&gt;Bob&lt;/b&gt;.`);
      expect(shown).toContain("waits for others");
      expect(shown).not.toContain('value="approve"');
      expect(shown).not.toContain('value="deny"');
    }
    await live.leave();
  });

  it("where nobody may, that is said", async () => {
    const connector = consoleWith({ decidersOf: async () => ({ whyNot: "nobody may decide this", names: [] }) });
    await connector.send({ text: "in words", card: cardOf("approve") });
    expect(await readPage(connector)).toContain("Nobody who may is known");
  });

  it("who may decide has the buttons", async () => {
    const connector = consoleWith({ decidersOf: async () => ({ whyNot: undefined, names: ["Ada"] }) });
    await connector.send({ text: "in words", card: cardOf("approve") });
    const page = await readPage(connector);
    expect(page).toContain('value="approve"');
    expect(page).toContain("waits for you");
  });
});

it("who may not write has no box, no form and no new thread, and has read what they opened", async () => {
  const connector = consoleWith({ mayTalk: async () => false });
  for (const word of ["ask", "deploy"]) await connector.send({ text: "in words", card: cardOf(word) });
  expect(await readPage(connector, "t")).toContain('class="unread"');
  const page = await readPage(connector);
  expect(page).toContain("Writing needs the role operator");
  expect(page).toContain("Answering needs the role operator");
  expect(page).not.toMatch(/action="[^"]*\/(?:say|begin|act)"/);
  expect(await readPage(connector, "t")).not.toContain('class="unread"');
});
