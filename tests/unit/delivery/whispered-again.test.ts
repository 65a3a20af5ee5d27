/** Words for one person alone, whose call may have arrived: no platform can be asked for them, so they carry the mark. */
import { expect, test } from "vitest";
import type { Connector } from "../../../src/contract/connector.ts";
import type { Row } from "../../../src/contract/tables.ts";
import { again } from "../../../src/delivery/outcome.ts";

const connector = { can: { reconcile: async () => undefined, idempotentMs: 60_000 } } as unknown as Connector;
const rowWith = (onlyTo?: { sender: string; otherwise: string }) =>
  ({
    op: { type: "send", message: { text: "Your link." }, onlyTo },
    attempts: 1,
    receipts: [],
    times: { sending: 1000 },
    createdAt: 1000,
    urgency: "reply",
  }) as unknown as Row<"outbox">;

test("what all may read is looked for instead", () => expect(again(rowWith(), connector, 2000)).toEqual({ state: "queued" }));

test("what one person was told says that it may come twice", () => {
  const next = again(rowWith({ sender: "ann", otherwise: "Write to me." }), connector, 2000);
  expect(next).toMatchObject({ state: "queued", op: { message: { text: "(may be a duplicate)\nYour link." } } });
});
