/**
 * The pane an agent lives in: what it shows, and whether it is still the same life of the agent.
 * Invariant: its target is exact (`=name:0.0`), so that no other session is ever read or written in its place.
 */
import { randomUUID } from "node:crypto";
import type { Screen } from "./taking.ts";
import type { Tmux, TmuxAnswer } from "./tmux.ts";

export interface View extends Screen {
  /** The process of the pane and the session it was started in: another one is another life of the agent. */
  readonly life: string;
  readonly pid: number;
  /** The pane is kept although its process has ended. */
  readonly isDead: boolean;
  readonly exitCode: number | undefined;
  /** Somebody scrolls in it: keys would not reach the agent. */
  readonly isInMode: boolean;
  /** All that is kept of it, lines broken by the terminal joined; only when asked for. */
  readonly history: string;
}

export type Looked = { readonly ok: true; readonly view: View } | Extract<TmuxAnswer, { ok: false }>;

export interface Pane {
  look(options?: { readonly withHistory?: boolean }): Promise<Looked>;
  /** As one paste where the program knows pastes, with its line feeds as they are. */
  paste(text: string): Promise<TmuxAnswer>;
  /** Keys by tmux's names. */
  press(...keys: string[]): Promise<TmuxAnswer>;
  /** Gives the keyboard back to the agent. */
  leaveMode(): Promise<TmuxAnswer>;
}

/** Lines of history looked through for what an agent has printed. */
const HISTORY_LINES = 2000;
/** Comes first, since capture-pane refuses a session that is not there and display-message does not. */
const CAPTURE = ["capture-pane", "-p"];
const FACTS = "#{pane_pid}|#{session_created}|#{pane_dead}|#{pane_dead_status}|#{pane_in_mode}|#{cursor_y}|#{pane_height}";

export function createPane(tmux: Tmux, session: string): Pane {
  const target = ["-t", `=${session}:0.0`];
  /** Between history and screen; drawn here, so that no agent can print it. */
  const seam = `mos-hub-${randomUUID()}`;

  return {
    async look({ withHistory = false } = {}) {
      const history = withHistory ? [...CAPTURE, "-J", "-S", `-${HISTORY_LINES}`, ...target, ";", "display-message", "-p", seam, ";"] : [];
      const answer = await tmux([...history, ...CAPTURE, ...target, ";", "display-message", "-p", ...target, FACTS]);
      return answer.ok ? { ok: true, view: viewOf(answer.output, seam) } : answer;
    },
    async paste(text) {
      const buffer = `mos-hub-${randomUUID()}`;
      const pasted = await tmux(["load-buffer", "-b", buffer, "-", ";", "paste-buffer", "-p", "-r", "-d", "-b", buffer, ...target], text);
      if (!pasted.ok) await tmux(["delete-buffer", "-b", buffer]);
      return pasted;
    },
    press: (...keys) => tmux(["send-keys", ...target, ...keys]),
    leaveMode: () => tmux(["send-keys", ...target, "-X", "cancel"]),
  };
}

function viewOf(output: string, seam: string): View {
  const [screen = "", history = ""] = output.split(`${seam}\n`).reverse();
  const lines = screen.replace(/\n$/, "").split("\n");
  const [pid, created, dead, exitCode, mode, cursorRow] = (lines.pop() ?? "").split("|");
  return {
    life: `${pid ?? ""}.${created ?? ""}`,
    pid: Number(pid),
    isDead: dead === "1",
    exitCode: exitCode ? Number(exitCode) : undefined,
    isInMode: mode === "1",
    cursorRow: Number(cursorRow),
    rows: withoutEmptyEnd(lines.map((row) => row.trimEnd())),
    history,
  };
}

function withoutEmptyEnd(rows: string[]): string[] {
  return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
}

/** Nothing has happened between the two. */
export function isSameScreen(one: Screen, other: Screen): boolean {
  return one.cursorRow === other.cursorRow && one.rows.join("\n") === other.rows.join("\n");
}
