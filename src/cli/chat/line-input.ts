/**
 * The line being typed. Node's readline does the editing (history, words, undo, Tab) and draws into nothing; the screen draws what it holds.
 * Owns the terminal's raw mode. A PIN never enters the history.
 */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

export interface LineState {
  readonly text: string;
  /** Index into `text`. */
  readonly cursor: number;
  /** Lines before it, sent together with it: pasted ones, and those that end with a backslash. */
  readonly linesBefore: number;
}

export interface LineHandlers {
  /** Enter; the lines before it are joined with line feeds. */
  onLine(text: string): void;
  /** A key other than Ctrl-C. */
  onChange(): void;
  onInterrupt(): void;
  /** Ctrl-D on an empty line, or the terminal is gone. */
  onEnd(): void;
  complete(line: string): string[];
}

export interface LineInput {
  state(): LineState;
  clear(): void;
  /** What is typed from now on is not remembered. */
  setSecret(secret: boolean): void;
  close(): void;
}

const PASTE_MODE_ON = "\u001b[?2004h";
const PASTE_MODE_OFF = "\u001b[?2004l";

export function createLineInput(stdin: NodeJS.ReadStream, stdout: NodeJS.WritableStream, handlers: LineHandlers): LineInput {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const readline = createInterface({
    input: stdin,
    output: nowhere,
    terminal: true,
    historySize: 500,
    completer: (line: string) => [handlers.complete(line), line],
  });
  let secret = false;
  let remembered: string[] = [];
  let isPasting = false;
  let before: string[] = [];

  readline.on("history", (history: string[]) => {
    if (secret) history.splice(0, history.length, ...remembered);
    else remembered = [...history];
  });
  readline.on("line", (line) => {
    const goesOn = !secret && line.endsWith("\\");
    before.push(goesOn && !isPasting ? line.slice(0, -1) : line);
    if (isPasting || goesOn) return;
    const whole = before.join("\n");
    before = [];
    handlers.onLine(whole);
  });
  readline.on("SIGINT", handlers.onInterrupt);
  readline.on("SIGCONT", handlers.onChange);
  readline.on("close", handlers.onEnd);
  // After readline's own listener, so that the line is what the key made of it.
  const onKey = (_text: string | undefined, key: { readonly name?: string; readonly ctrl?: boolean } | undefined): void => {
    if (key?.ctrl === true && key.name === "c") return;
    if (key?.name === "paste-start") isPasting = true;
    if (key?.name === "paste-end") isPasting = false;
    handlers.onChange();
  };
  stdin.on("keypress", onKey);
  stdout.write(PASTE_MODE_ON);

  return {
    state: () => ({ text: readline.line, cursor: readline.cursor, linesBefore: before.length }),
    clear() {
      before = [];
      readline.write(null, { ctrl: true, name: "e" });
      readline.write(null, { ctrl: true, name: "u" });
    },
    setSecret: (value) => void (secret = value),
    close() {
      stdin.off("keypress", onKey);
      readline.off("close", handlers.onEnd);
      readline.close();
      stdout.write(PASTE_MODE_OFF);
    },
  };
}
