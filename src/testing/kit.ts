/**
 * The conformance kit, `mos-hub/testing`: everything a connector promises, as cases for whichever test runner its author uses. Each is run on a
 * rig of its own:
 *
 *     for (const one of CONNECTOR_CASES) test(one.name, async () => {
 *       const rig = await harness.setUp();
 *       try { if (whyNot(one, rig) === undefined) await runCase(one, definition, rig); } finally { await rig.end(); }
 *     });
 */
import { type ConnectorCase, runCase, whyNot } from "./case.ts";
import { FAULT_CASES } from "./cases/faults.ts";
import { INBOUND_CASES } from "./cases/inbound.ts";
import { MEMBER_CASES } from "./cases/members.ts";
import { OUTBOUND_CASES } from "./cases/outbound.ts";
import { POWER_CASES } from "./cases/powers.ts";
import type { Acknowledged, ConnectorHarness, Fault, Glimpsed, Platform, Rig, Shown } from "./harness.ts";

/** Every case, in the order they are read best. */
export const CONNECTOR_CASES: readonly ConnectorCase[] = [
  ...MEMBER_CASES,
  ...INBOUND_CASES,
  ...OUTBOUND_CASES,
  ...FAULT_CASES,
  ...POWER_CASES,
];

export type { Acknowledged, ConnectorCase, ConnectorHarness, Fault, Glimpsed, Platform, Rig, Shown };
export { runCase, whyNot };
