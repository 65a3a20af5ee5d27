/** Telegram's pace over the wire: what the limits say is enough that it never has to refuse, and little is left unused. `npm run bench` has the figure. */
import { expect, test } from "vitest";
import { saturateTelegram } from "../bench/telegram-pace.ts";

test(
  "600 notices to 200 groups are never refused, and an approval raised in the middle goes before them",
  { timeout: 120_000 },
  async () => {
    const { refused, sent, beforeApproval, share } = await saturateTelegram();
    expect([refused, sent]).toEqual([0, 601]);
    // What may leave within one second may be on its way already.
    expect(beforeApproval).toBeGreaterThanOrEqual(0);
    expect(beforeApproval).toBeLessThan(30);
    expect(share).toBeGreaterThan(0.8);
  },
);
