/**
 * A stand-in for an agent with a screen of its own, as such agents are: raw keyboard, bracketed paste, a prompt at the bottom.
 * Its one argument is JSON: how its prompt misbehaves. What it really took stands, one JSON line each, in the file `ledger`.
 */
import { appendFileSync, utimesSync, writeFileSync } from "node:fs";

const {
  /** So many presses of Enter do nothing. */
  eatsEnters = 0,
  /** Enter is a line feed. */
  isNewline = false,
  /** A word is shown for what was pasted. */
  hidesPaste = false,
  /** The cursor is hidden in the corner, the prompt is a box. */
  isBoxed = false,
  /** A clock runs in the corner all the time. */
  hasClock = false,
  /** Reads nothing, prints on. */
  isBusy = false,
  /** Ends as soon as something is pasted. */
  diesOnPaste = false,
  /** Says nothing by itself. */
  isSilent = false,
  ledger,
  heartbeat,
} = JSON.parse(process.argv[2] ?? "{}");

const { stdin, stdout } = process;
const transcript = [];
let typed = "";
let shown = "";
let eaten = 0;
let running;

if (heartbeat) {
  writeFileSync(heartbeat, "");
  setInterval(() => utimesSync(heartbeat, new Date(), new Date()), 1000);
}

function draw() {
  const clock = hasClock ? ` ${Date.now()}` : "";
  const width = stdout.columns - 4;
  const box = (line) => `│ ${line.padEnd(width - 1)}│`;
  const lines = shown.split("\n");
  const prompt = isBoxed
    ? [
        `╭${"─".repeat(width)}╮`,
        ...lines.map((line, at) => box(`${at === 0 ? ">" : " "} ${line.slice(-(width - 4))}`)),
        `╰${"─".repeat(width)}╯`,
        "? for help",
      ]
    : [`> ${shown}`];
  const room = stdout.rows - prompt.length - 8;
  stdout.write(`\x1b[2J\x1b[H${clock}\r\n${transcript.slice(-room).join("\r\n")}\r\n${prompt.join("\r\n")}`);
  if (isBoxed) stdout.write("\x1b[?25l\x1b[H");
}

function say(...lines) {
  transcript.push(...lines.flatMap((line) => line.split("\n")));
  draw();
}

function answer(text) {
  const [, from, to] = /^\[(\S+) -> (\S+)\]/.exec(text) ?? [];
  const words = text.replace(/^\[[^\]]*\] /, "").replace(/\n\(To answer: .*$/s, "");
  if (isSilent || from === undefined) return;
  if (words === "crash") setTimeout(() => process.exit(3), 1500);
  else if (words.startsWith("slow ")) running = setTimeout(() => reply(to, from, "done"), Number(words.slice(5)) * 1000);
  else reply(to, from, `Echo: ${words}`);
}

function reply(me, them, text) {
  say(`● [${me} -> ${them}] ${text}`, "  [end]", "");
}

function enter() {
  if ((eaten += 1) <= eatsEnters) return;
  if (isNewline) {
    typed += "\n";
    shown += "\r\n  ";
    return draw();
  }
  const taken = typed;
  typed = shown = "";
  if (taken === "") return draw();
  if (ledger) appendFileSync(ledger, `${JSON.stringify(taken)}\n`);
  say(...taken.split("\n").map((line, at) => `${at === 0 ? "# " : "  "}${line}`), "");
  answer(taken);
}

function take(text) {
  if (diesOnPaste) process.exit(3);
  typed += text;
  shown += hidesPaste ? `[Pasted text #1 +${text.length}]` : text.replaceAll("\n", "\r\n  ");
  draw();
}

let pending = "";
function keys(chunk) {
  pending += chunk;
  for (;;) {
    const start = pending.indexOf("\x1b[200~");
    const end = pending.indexOf("\x1b[201~");
    if (start === 0 && end < 0) return;
    if (start === 0) {
      take(pending.slice(6, end).replaceAll("\r", "\n"));
      pending = pending.slice(end + 6);
    } else if (pending === "") return;
    else {
      const key = pending[0];
      pending = pending.slice(1);
      if (key === "\r" || key === "\n") enter();
      else if (key === "\x1b") clearTimeout(running);
      else take(key);
    }
  }
}

if (isBusy) {
  setInterval(() => stdout.write(`working on it ${Date.now()}\r\n`), 100);
} else {
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", keys);
  stdout.write("\x1b[?2004h");
  transcript.push("an agent");
  draw();
  if (hasClock) setInterval(draw, 200);
}
