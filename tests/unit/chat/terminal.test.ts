/** The interactive chat in a real terminal, read from its screen. Skipped where there is no tmux to be that terminal. */
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Connector } from "../../../src/contract/connector.ts";
import type { ApprovalCard, InboundMessage } from "../../../src/contract/message.ts";
import { type Brain, type ConsoleServer, startConsoleServer } from "../../support/console-server.ts";
import { hasTmux, openTerminal, type TerminalRig } from "../../support/terminal.ts";

const CHAT = fileURLToPath(new URL("../../support/chat-in-terminal.ts", import.meta.url));

const opened: { server: ConsoleServer; terminal: TerminalRig }[] = [];
afterEach(async () => {
  for (const { server, terminal } of opened.splice(0)) {
    await terminal.end();
    await server.end();
  }
});

async function open(brain: Brain): Promise<{ server: ConsoleServer; terminal: TerminalRig; heard: InboundMessage[] }> {
  const heard: InboundMessage[] = [];
  const server = await startConsoleServer(async (message, connector) => {
    heard.push(message);
    return brain(message, connector);
  });
  const terminal = await openTerminal([process.execPath, CHAT, server.dataDir], { columns: 80, rows: 24 });
  opened.push({ server, terminal });
  await terminal.until(/Main ›/);
  return { server, terminal, heard };
}

const echo: Brain = async ({ text, threadId }, connector) => {
  void connector.send({ text: `echo: ${text}`, threadId, trace: "trc" });
  return { type: "accepted", trace: "trc" };
};

const PLACE = { chatId: "console", threadId: "main" };

function card(state: ApprovalCard["state"]): ApprovalCard {
  return {
    type: "approval",
    id: "a",
    code: "K7Q-M2X",
    state,
    title: "Go live",
    class: "red",
    asker: "Mos",
    action: "{}",
    digest: "",
    expiresAt: 4e12,
  };
}

describe.skipIf(!hasTmux())("the chat in a terminal", () => {
  it("says what is typed, shows the answer above the line, and has a history", async () => {
    const { terminal } = await open(echo);
    await terminal.type("hello 日本");
    await terminal.until(/Main › hello 日本/);
    await terminal.press("Enter");
    expect(await terminal.until(/● echo: hello 日本/)).toMatch(/› hello 日本\n\n● echo: hello 日本\nMain ›\n/);
    await terminal.press("Up");
    await terminal.until(/Main › hello 日本/);
  });

  it("redraws streamed text in place, and keeps the line that is being typed", async () => {
    const { terminal, server } = await open(echo);
    await terminal.type("half a thou");
    const connector: Connector = server.connector();
    for (const text of ["Once", "Once upon", "Once upon a time"]) {
      await connector.can?.stream?.(PLACE, "trc", text);
      await terminal.until(new RegExp(`● ${text}\\nMain › half a thou`));
    }
    await connector.send({ text: "Once upon a time.", trace: "trc" });
    const shown = await terminal.until(/● Once upon a time\.\nMain › half a thou/);
    expect(shown.match(/Once/g)).toHaveLength(1);
  });

  it("asks for the PIN of a decision without showing or remembering it", async () => {
    const { terminal, server } = await open(echo);
    const { receipt } = await server.connector().send({ text: "may I?", card: card("pending") });
    await terminal.until(/╭─ Approval · red ─+╮[\s\S]*\? \/approve K7Q-M2X/);
    await terminal.type("/approve k7q-m2x");
    await terminal.press("Enter");
    await terminal.until(/PIN for K7Q-M2X \(not shown\) ›/);
    await terminal.type("471199");
    await terminal.press("Enter");
    await expect.poll(() => server.decisions, { timeout: 10_000 }).toHaveLength(1);
    expect(server.decisions).toEqual([{ code: "K7Q-M2X", body: { verdict: "approve", pin: "471199" } }]);
    await server.connector().send({ text: "done", edits: receipt, card: { ...card("approved"), decidedBy: "Ada" } });
    const shown = await terminal.until(/✔ K7Q-M2X approved by Ada\nMain ›/);
    expect(shown.match(/approved/g)).toHaveLength(1);
    await terminal.press("Up");
    expect(await terminal.until(/Main › \/approve k7q-m2x/)).not.toContain("471199");
  });

  it("asks for no PIN where there is nothing to decide, and tells of a decision whose card is elsewhere", async () => {
    const { terminal, server } = await open(echo);
    const say = async (text: string): Promise<void> => {
      await terminal.type(text);
      await terminal.press("Enter");
    };
    await say("/approve ZZZ-999");
    await terminal.until(/● There is no .*ZZZ-999/);
    await say("/deny K7Q-M2X not today");
    await terminal.until(/PIN for K7Q-M2X \(not shown\) ›/);
    await say("471199");
    await terminal.until(/K7Q-M2X is approved\./);
    await say("/approve K7Q-M2X");
    expect(await terminal.until(/K7Q-M2X is already approved by Ada\.\nMain ›/)).not.toContain("PIN");
    expect(server.decisions).toHaveLength(1);
  });

  it("tells what was allowed for longer than this once, though the card tells that it is approved", async () => {
    const { terminal, server } = await open(echo);
    await server.connector().send({ text: "may I?", card: card("pending") });
    await terminal.until(/\? \/approve K7Q-M2X/);
    await terminal.type("/approve K7Q-M2X always\r");
    await terminal.until(/PIN for K7Q-M2X \(not shown\) ›/);
    await terminal.type("471199\r");
    await terminal.until(/K7Q-M2X is approved, and not asked again until Friday; !rules lists it\./);
    expect(server.decisions).toEqual([{ code: "K7Q-M2X", body: { verdict: "approve", always: true, pin: "471199" } }]);
  });

  it("neither shows nor says a PIN that is typed before it is asked for", async () => {
    const { terminal, server, heard } = await open(echo);
    await terminal.type("/approve K7Q-M2X\r471199\r");
    expect(await terminal.until(/K7Q-M2X is approved\./)).not.toContain("471199");
    expect(server.decisions).toEqual([{ code: "K7Q-M2X", body: { verdict: "approve", pin: "471199" } }]);
    expect(heard).toEqual([]);
  });

  it("rings for what is meant for whoever sits at the machine, wherever they look", async () => {
    const { terminal, server } = await open(echo);
    await server.connector().send({ text: "for @Bob", mentions: [{ id: "per_bob", name: "Bob" }] });
    await terminal.until(/● for @Bob/);
    expect(await terminal.hasRung()).toBe(false);
    await server.connector().send({ text: "for @Ann", threadId: "t9", mentions: [{ id: "local", name: "Ann" }] });
    await terminal.until(/for @Ann/);
    expect(await terminal.hasRung()).toBe(true);
  });

  it("goes between threads, and announces what happens in the others", async () => {
    const { terminal, server, heard } = await open(echo);
    await terminal.type("/new The launch");
    await terminal.press("Enter");
    await terminal.until(/The launch ›/);
    await terminal.type("in here");
    await terminal.press("Enter");
    await terminal.until(/● echo: in here/);
    expect(heard.map(({ threadId }) => threadId)).toEqual(["t1"]);
    await server.connector().send({ text: "over there" });
    await terminal.until(/↳ Main: over there  \(\/thread main\)/);
    await terminal.type("/thread main");
    await terminal.press("Enter");
    const shown = await terminal.until(/Main ›/);
    expect(shown.slice(shown.indexOf("── Main"))).toMatch(/● over there/);
  });

  it("goes on over a restart of the hub, and keeps what was typed meanwhile", async () => {
    const { terminal, server, heard } = await open(echo);
    await server.kill();
    await terminal.until(/reconnecting …/);
    await terminal.type("are you there?");
    await terminal.press("Enter");
    await terminal.until(/⧗ are you there\?/);
    await server.start();
    const shown = await terminal.until(/● echo: are you there\?/);
    expect(shown).not.toMatch(/⧗|reconnecting/);
    expect(heard).toHaveLength(1);
  });

  it("sends pasted lines, and lines that go on, as one message", async () => {
    const { terminal, heard } = await open(echo);
    await terminal.type("\u001b[200~first\nsecond\nthird\u001b[201~");
    await terminal.until(/\[\+2 lines\] third/);
    await terminal.press("Enter");
    await terminal.until(/● echo: first/);
    expect(heard.map(({ text }) => text)).toEqual(["first\nsecond\nthird"]);
    await terminal.type("flat white\\");
    await terminal.press("Enter");
    await terminal.until(/\[\+1 line\]/);
    await terminal.type("large");
    await terminal.press("Enter");
    await terminal.until(/● echo: flat white\n {2}large/);
    expect(heard.at(-1)?.text).toBe("flat white\nlarge");
  });

  it("stays in order when the terminal changes its size", async () => {
    const { terminal, server } = await open(echo);
    await terminal.type("something that is rather long for a narrow terminal");
    await terminal.until(/narrow terminal/);
    await terminal.resize(40, 20);
    await terminal.until(/something that is rather long fo/);
    await server.connector().send({ text: "still here" });
    await terminal.until(/● still here\nMain › something that is rather long/);
    await terminal.resize(80, 24);
    const shown = await terminal.until(/Main › something that is rather long for a narrow terminal/);
    expect(shown.match(/Main ›/g)).toHaveLength(1);
  });

  it("clears the line with Ctrl-C, leaves with the second, and gives the terminal back", async () => {
    const { terminal } = await open(echo);
    await terminal.type("never mind");
    await terminal.until(/never mind/);
    await terminal.press("C-c");
    expect(await terminal.until(/Press Ctrl-C again/)).not.toContain("never mind");
    await terminal.type("x");
    await terminal.until(/Main › x/);
    await terminal.press("C-c");
    await terminal.until(/Press Ctrl-C again/);
    await terminal.press("C-c");
    expect(await terminal.until(/left with 0/)).not.toMatch(/Main ›/);
  });

  it("leaves with Ctrl-D on an empty line and with /quit", async () => {
    const first = await open(echo);
    await first.terminal.press("C-d");
    expect(await first.terminal.until(/left with 0/)).not.toMatch(/Main ›/);
    const second = await open(echo);
    await second.terminal.type("/quit");
    await second.terminal.press("Enter");
    expect(await second.terminal.until(/left with 0/)).not.toMatch(/Main ›/);
  });
});
