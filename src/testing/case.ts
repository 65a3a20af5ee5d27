/**
 * One thing a connector promises, as a case that anybody's test runner can run. A case that does not apply says why; a power that is declared
 * is proved, and where the harness cannot prove it the case fails.
 */
import type { Connector, ConnectorDefinition, Powers } from "../contract/connector.ts";
import type { InboundMessage } from "../contract/message.ts";
import { claim, claimWithin } from "./claims.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { Platform, Rig } from "./harness.ts";

export interface Needs {
  /** Applies to a connector that declares it. */
  readonly power?: keyof Powers;
  /** What the harness must offer to prove that power. */
  readonly rig?: "press" | "shownToOthers" | "glimpsed" | "turnEnds" | "sayWhileAway";
  /** Applies to a connector whose harness can make its platform fail. */
  readonly platform?: true;
  /** Applies to a platform that shows the answer inside its acknowledgement. */
  readonly answers?: true;
  /** Applies to a platform that notifies people one by one. */
  readonly notified?: true;
}

export interface ConnectorCase {
  /** What is promised; follows "the connector". */
  readonly name: string;
  readonly needs: Needs;
  /** Rejects with a sentence when the promise is not kept. Leaves the rig to its owner. */
  run(stage: Stage): Promise<void>;
}

export interface Stage {
  readonly definition: ConnectorDefinition;
  readonly rig: Rig;
  /** The hub's way of sending over this connector. Ended by the owner of the stage. */
  delivery(): Promise<Delivery>;
}

/** Why a case does not apply to this connector; undefined when it does. */
export function whyNot({ needs }: ConnectorCase, { connector, platform, notified }: Rig): string | undefined {
  if (needs.power !== undefined && connector.can?.[needs.power] === undefined) return `${connector.kind} does not declare ${needs.power}`;
  if (needs.platform && platform === undefined) return `nothing lies between ${connector.kind} and its platform`;
  if (needs.notified && notified === undefined) return `${connector.kind} notifies nobody one by one`;
  if (needs.answers && !platform?.showsAnswers) return `${connector.kind} shows no answer inside an acknowledgement`;
  return undefined;
}

/** Runs a case on a rig and clears up behind it. */
export async function runCase(one: ConnectorCase, definition: ConnectorDefinition, rig: Rig): Promise<void> {
  const { power, rig: member } = one.needs;
  if (member !== undefined && rig[member] === undefined)
    throw new Error(`${definition.kind} declares ${power ?? member}, and its harness has no \`${member}\` to prove it`);
  const deliveries: Delivery[] = [];
  const delivery = async (): Promise<Delivery> => {
    const made = await createDelivery(rig.connector);
    deliveries.push(made);
    return made;
  };
  try {
    await one.run({ definition, rig, delivery });
  } finally {
    for (const made of deliveries) await made.end();
  }
}

export function platformOf({ platform }: Rig): Platform {
  claim(platform !== undefined, "the harness has no platform that can fail");
  return platform;
}

/** Takes every message and keeps it for the case. */
export function listen(connector: Connector): InboundMessage[] {
  const heard: InboundMessage[] = [];
  connector.subscribe((message) => void heard.push(message));
  return heard;
}

/** A platform may deliver again before it arrives. */
const TOLD_MS = 5000;

/** A person says it; what the hub is told of that, also where the platform has given up waiting by then. */
export async function told(rig: Rig, text: string): Promise<InboundMessage> {
  const first = new Promise<InboundMessage>((resolve) => void rig.connector.subscribe((message) => resolve(message)));
  await rig.say(text);
  return claimWithin(TOLD_MS, first, "what a person says does not arrive");
}
