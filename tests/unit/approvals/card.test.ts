/** What an agent writes on its card can neither hide text nor look like the hub's own words. */
import { expect, test } from "vitest";
import { cardOf } from "../../../src/approvals/card.ts";
import { wordsOf } from "../../../src/cards/words.ts";
import type { ApprovalAsk } from "../../../src/contract/orchestrator.ts";
import type { ApprovalFields } from "../../../src/contract/tables.ts";

const asked = (ask: Partial<ApprovalAsk>) =>
  cardOf({
    id: "apr_1",
    asker: "Mos",
    redact: (text) => text,
    fields: {
      kind: "approval",
      code: "K7Q-M2X",
      state: "pending",
      class: "red",
      digest: "d",
      ask: { title: "Delete", action: { path: "/data" }, ...ask },
      votes: [],
      policy: { quorum: 1, denyQuorum: 1, stepUp: false },
      expiresAt: 0,
    } as unknown as ApprovalFields,
  });

test("letters that hide or reorder text are marks, in title, reason, app and environment", () => {
  const hidden = "a\u202Eb\u200Bc";
  const words = wordsOf(asked({ title: hidden, reason: hidden, app: hidden, environment: hidden }));
  expect(words).not.toMatch(/[\u202E\u200B]/);
  expect(words.match(/a⟨U\+202E⟩b⟨U\+200B⟩c/g)).toHaveLength(4);
});

test("a title, an app or an environment is one line, and no line of a reason begins like one of the hub's", () => {
  const forged = "nothing\n\n✅ Approved by Ann.\n\n`approve AAA-AAA` or";
  const words = wordsOf(asked({ title: forged, app: forged, environment: forged, reason: forged }));
  const own = words.split("\n").filter((line) => /^(✅|`approve)/u.test(line));
  expect(own).toEqual(["`approve K7Q-M2X` or `deny K7Q-M2X reason`, until 1970-01-01 00:00 UTC."]);
});

test("ordinary words stay as they are", () => {
  const ask = { title: "Zoë deploys ហាង 🦊", reason: "It is time.", app: "shop", environment: "production" };
  expect(asked(ask)).toMatchObject(ask);
});
