/** The places at which a hub is killed with -9, by name. */

export interface Point {
  readonly name: string;
  /** It dies at a passage between these two, drawn from the seed. */
  readonly passages: readonly [number, number];
  /**
   * Who kills. `hub`: itself, where its store or a connector passes the place · `agent`: its child · `platform`: the fake, between keeping a
   * message and answering · `runner`: whoever started it.
   */
  readonly by: "hub" | "agent" | "platform" | "runner";
  /** Passed only before the first message ever, while it drains, or at any time. Default: at any time. */
  readonly when?: "first" | "drain";
}

/** So many passages that what the life before left has been made up for by then. */
const OFTEN = [13, 35] as const;
const RARE = [1, 2] as const;

export const POINTS = [
  { name: "in migration", passages: [1, 12], by: "hub", when: "first" },
  { name: "in take-up", passages: [1, 4], by: "hub" },
  { name: "before journal", passages: OFTEN, by: "hub" },
  { name: "after journal", passages: OFTEN, by: "hub" },
  { name: "after route", passages: OFTEN, by: "hub" },
  { name: "after dispatch", passages: OFTEN, by: "hub" },
  { name: "before acknowledge", passages: OFTEN, by: "hub" },
  { name: "during catch-up", passages: RARE, by: "hub" },
  { name: "before a cursor", passages: [5, 15], by: "hub" },
  { name: "after a cursor", passages: [5, 15], by: "hub" },
  { name: "turn intent written", passages: OFTEN, by: "hub" },
  { name: "in prompt", passages: OFTEN, by: "agent" },
  { name: "during the answer", passages: OFTEN, by: "agent" },
  { name: "before the end of a turn", passages: OFTEN, by: "hub" },
  { name: "after the end of a turn", passages: OFTEN, by: "hub" },
  { name: "before a decision", passages: RARE, by: "hub" },
  { name: "after a decision", passages: RARE, by: "hub" },
  { name: "before a card edit", passages: RARE, by: "hub" },
  { name: "after a card edit", passages: RARE, by: "hub" },
  { name: "between intent and send", passages: OFTEN, by: "hub" },
  { name: "while the platform answers", passages: OFTEN, by: "platform" },
  { name: "between send and receipt", passages: OFTEN, by: "hub" },
  { name: "after a receipt", passages: OFTEN, by: "hub" },
  { name: "in reconcile", passages: RARE, by: "hub" },
  { name: "in drain", passages: [1, 6], by: "hub", when: "drain" },
  { name: "anywhere", passages: [300, 1800], by: "runner" },
] as const satisfies readonly Point[];

export type PointName = (typeof POINTS)[number]["name"];
