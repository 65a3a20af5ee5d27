/**
 * One message into a pane: pasted, entered, and looked at until the prompt has let go of it. The caller lets nobody else write meanwhile.
 * Invariant: `accepted` is said only after a sign that it was taken; Enter is pressed again only while the text certainly still waits.
 */
import type { Clock } from "../../clock.ts";
import { isSameScreen, type Looked, type Pane, type View } from "./pane.ts";
import { readTaken, readTyped, tailOf, type Typed } from "./taking.ts";

export interface WriteSetup {
  readonly pane: Pane;
  readonly clock: Clock;
  /** Between two looks. */
  readonly pollMs: number;
  /** How long Enter may take to be obeyed. */
  readonly confirmWithinMs: number;
}

export type Written =
  /** `queued`: it was entered while the pane was busy with something else. */
  | { readonly how: "accepted" | "queued" | "pasted"; readonly life: string }
  /** Nothing of it has reached the agent. */
  | { readonly how: "not_written"; readonly detail: string }
  | Unknown;

/** Part of it may have. */
interface Unknown {
  readonly how: "unknown";
  readonly detail: string;
}

/** A prompt that eats Enter eats the first; more often than this it does not want it. */
const MOST_ENTERS = 3;
/** Between two presses, so that a slow prompt is not pressed twice for one text. */
const PRESS_AGAIN_MS = 1000;

export async function writeInto(setup: WriteSetup, text: string): Promise<Written> {
  const { pane, pollMs, clock } = setup;
  const first = await pane.look();
  if (!first.ok) return { how: "not_written", detail: first.detail };
  if (first.view.isDead) return { how: "not_written", detail: "its program has ended" };
  if (first.view.isInMode) await pane.leaveMode();
  await pause(clock, pollMs);
  const second = await pane.look();
  if (!second.ok) return { how: "not_written", detail: second.detail };
  const before = second.view;
  const wasBusy = !first.view.isInMode && !isSameScreen(first.view, before);

  const pasted = await pane.paste(text);
  // tmux refuses before it writes; only an answer that never came leaves it open.
  if (!pasted.ok) return { how: pasted.why === "gone" ? "not_written" : "unknown", detail: pasted.detail };
  const typed = await untilTyped(setup, text, before);
  if ("how" in typed) return typed;
  return enter(setup, { typed, life: before.life, wasBusy });
}

/** Waits until the prompt shows the text and has come to rest, or half the time is over. */
async function untilTyped({ pane, clock, pollMs, confirmWithinMs }: WriteSetup, text: string, before: View): Promise<Typed | Unknown> {
  const end = clock.now() + confirmWithinMs / 2;
  let last: View | undefined;
  for (;;) {
    await pause(clock, pollMs);
    const looked = await pane.look();
    const trouble = troubleWith(looked, before.life);
    if (trouble !== undefined || !looked.ok) return { how: "unknown", detail: trouble ?? "" };
    const typed = readTyped(text, before, looked.view);
    const isAtRest = last !== undefined && isSameScreen(last, looked.view);
    if ((typed.at !== "nowhere" && isAtRest) || clock.now() >= end) return typed;
    last = looked.view;
  }
}

interface Entering {
  readonly typed: Typed;
  readonly life: string;
  readonly wasBusy: boolean;
}

async function enter({ pane, clock, pollMs, confirmWithinMs }: WriteSetup, { typed, life, wasBusy }: Entering): Promise<Written> {
  const end = clock.now() + confirmWithinMs;
  let presses = 0;
  let pressAt = 0;
  for (;;) {
    if (pressAt <= clock.now()) {
      const pressed = await pane.press("Enter");
      if (!pressed.ok) return { how: "unknown", detail: pressed.detail };
      presses += 1;
      pressAt = presses < MOST_ENTERS ? clock.now() + PRESS_AGAIN_MS : Infinity;
    }
    await pause(clock, pollMs);
    const looked = await pane.look();
    const trouble = troubleWith(looked, life);
    if (trouble !== undefined || !looked.ok) return { how: "unknown", detail: trouble ?? "" };
    const reading = readTaken(typed, looked.view);
    if (reading === "taken") return { how: wasBusy ? "queued" : "accepted", life };
    if (reading === "unclear") pressAt = Infinity;
    if (clock.now() >= end) return { how: "pasted", life };
  }
}

function troubleWith(looked: Looked, life: string): string | undefined {
  if (!looked.ok) return looked.detail;
  if (looked.view.isDead) return "its program ended while it was being written to";
  return looked.view.life === life ? undefined : "it was started again while it was being written to";
}

/** The earlier text still waits at the prompt: another one would be appended to it. */
export function isStillTyped(text: string, view: View): boolean {
  return readTaken({ at: "cursor", tail: tailOf(text), before: "" }, view) === "kept";
}

export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve));
}
