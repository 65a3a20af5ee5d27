/** Agents that do what agents should not: nothing may hang, every failure has its sentence, and no process stays behind. */
import { mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { acpAgent, agentCommand, createBenches, eventually, isAlive, key } from "../support/driver-bench.ts";

const benches = createBenches();
afterEach(() => benches.clear());

describe("an agent that does not start", () => {
  test("is missing", async () => {
    const bench = await benches.make({ driver: "acp", command: ["no-such-agent-anywhere"] });
    await expect(bench.open("a")).rejects.toMatchObject({
      code: "agent_missing",
      message: 'The orchestrator command "no-such-agent-anywhere" was not found.',
    });
    expect(await bench.driver.health()).toMatchObject({ answered: false, detail: expect.stringContaining("was not found") });
    expect(await bench.deliver("a", "hello")).toMatchObject({ outcome: "unavailable", code: "agent_missing" });
    expect((await bench.driver.check?.())?.[0]).toMatchObject({ ok: false, remedy: expect.stringContaining("Install it") });
  });

  test("may not be run, or has no folder", async () => {
    const dir = mkdtempSync(join(tmpdir(), "mos-hub-agent-"));
    const program = join(dir, "agent");
    writeFileSync(program, "", { mode: 0o600 });
    const file = await benches.make({ driver: "acp", command: [program] }, { dir });
    await expect(file.open("a")).rejects.toMatchObject({ code: "agent_unstartable", message: expect.stringContaining("EACCES") });
    const folder = await benches.make(acpAgent("plain", { cwd: "/no/such/folder" }));
    await expect(folder.open("a")).rejects.toMatchObject({
      code: "agent_unstartable",
      message: expect.stringContaining("/no/such/folder"),
    });
  });

  test("exits at once, and its last words are told", async () => {
    const bench = await benches.make(acpAgent("exits"));
    await expect(bench.open("a")).rejects.toMatchObject({
      code: "agent_crashed",
      message: expect.stringContaining("exit code 7; it said: no licence found · set MODEL_KEY"),
    });
  });

  test("prints rubbish for ever and reads nothing", async () => {
    const bench = await benches.make(acpAgent("rubbish", { start_timeout_ms: 3000 }));
    await expect(bench.open("a")).rejects.toMatchObject({ code: "agent_silent" });
    expect(bench.logged.filter((line) => line.includes("not ACP"))).toHaveLength(5);
    expect(bench.logged.every((line) => line.length < 500)).toBe(true);
  });

  test("does not hold up the end of the hub", async () => {
    const bench = await benches.make(acpAgent("rubbish"));
    const opening = bench.open("a").catch((error: unknown) => error);
    await eventually(() => bench.logged.length > 0, "the agent's first rubbish");
    const { pid } = await bench.state.get("agent-process");
    const before = Date.now();
    await bench.driver.close();
    expect(Date.now() - before).toBeLessThan(15_000);
    expect(isAlive(pid)).toBe(false);
    expect(await opening).toMatchObject({ name: "HubError" });
  });

  test("speaks another version", async () => {
    const script = `process.stdin.on("data", () => console.log('{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":9}}'))`;
    const bench = await benches.make({ driver: "acp", command: [process.execPath, "-e", script] });
    await expect(bench.open("a")).rejects.toMatchObject({ code: "agent_unstartable", message: expect.stringContaining("version 9") });
  });

  test("wants somebody to sign in", async () => {
    const bench = await benches.make(acpAgent("needs-login"));
    const refusal = { code: "agent_auth_required", message: "Mos asks to be signed in: Sign in with the browser, key." };
    await expect(bench.open("a")).rejects.toMatchObject(refusal);
    expect(await bench.deliver("a", "hello")).toMatchObject({ outcome: "unavailable", code: "agent_auth_required" });
  });
});

describe("an agent that works, badly", () => {
  test("prints megabytes of log between its messages", async () => {
    const bench = await benches.make(acpAgent("chatty"));
    expect(await bench.talk("a", "hello")).toBe("clean");
    expect((await bench.driver.health()).facts?.["rubbishLines"]).toBeGreaterThan(100_000);
  });

  test("prints a line of 40 MB", async () => {
    const bench = await benches.make(acpAgent("huge-line"));
    expect(await bench.talk("a", "hello")).toBe("small");
    expect((await bench.driver.health()).facts).toMatchObject({ rubbishLines: 1 });
  });

  test("sends thousands of updates at once: all arrive, in order, before the end of the turn, however slow the hub is", async () => {
    const bench = await benches.make(acpAgent("burst"));
    let count = 0;
    bench.driver.onEvent(async () => {
      count += 1;
      if (count < 200) await new Promise((resolve) => setTimeout(resolve, count % 3));
    });
    const text = await bench.talk("a", "go");
    expect(text.match(/\d+/g)?.map(Number)).toEqual(Array.from({ length: 1500 }, (_, at) => at));
    expect(
      bench
        .of("a")
        .filter(({ type }) => type === "tool")
        .map((event) => event.type === "tool" && event.id),
    ).toEqual(Array.from({ length: 1500 }, (_, at) => `t${at * 2 + 1}`));
    expect(bench.of("a").at(-1)?.type).toBe("turn_end");
  });

  test("reads nothing any more: a prompt too large for the pipe is unknown, and the agent is started afresh", async () => {
    const bench = await benches.make(acpAgent("deaf", { start_timeout_ms: 3000 }));
    await bench.open("a");
    const pid = Number((await bench.driver.health()).facts?.["pid"]);
    expect(await bench.deliver("a", "x".repeat(5_000_000))).toMatchObject({ outcome: "unknown" });
    await eventually(() => !isAlive(pid), "the end of the deaf agent");
    expect(bench.of("a").filter(({ type }) => type === "turn_end")).toEqual([]);
    await eventually(async () => {
      const facts = (await bench.driver.health()).facts;
      return facts !== undefined && facts["pid"] !== pid;
    }, "another life");
  });

  test("never ends a turn: a stop ends it all the same", async () => {
    const bench = await benches.make(acpAgent("never-ends", { health_within_ms: 500 }));
    await bench.open("a");
    await bench.deliver("a", "think", { turnId: "t1" });
    await bench.until("a", "text_delta");
    await bench.driver.cancel(key("a"));
    const end = await eventually(() => bench.of("a").find(({ type }) => type === "turn_end"), "the end of the turn");
    expect(end).toMatchObject({ turnId: "t1", outcome: "stopped", reason: "Mos did not confirm that it stopped" });
    expect(await bench.deliver("a", "next")).toEqual({ outcome: "accepted" });
  });

  test("hangs: it is not healthy although its process is there", async () => {
    const bench = await benches.make(acpAgent("deaf", { health_within_ms: 300 }));
    await bench.open("a");
    await new Promise((resolve) => setTimeout(resolve, 350));
    const health = await bench.driver.health();
    expect(health).toMatchObject({ answered: false, detail: "Mos did not answer within 0.3 s." });
    expect(isAlive(Number(health.facts?.["pid"]))).toBe(true);
  });

  test("ignores the end of its input and SIGTERM: it is killed, its helper with it", async () => {
    const bench = await benches.make(acpAgent("stubborn"));
    const { pid, helper } = JSON.parse(await bench.talk("a", "who are you"));
    await bench.driver.close();
    expect(isAlive(pid)).toBe(false);
    await eventually(() => !isAlive(helper), "the end of the helper");
  });
});

test("what an agent is told in a prompt: text, a file as a link to its own copy, and who speaks", async () => {
  const bench = await benches.make(acpAgent("plain"), { mcp: () => ({ url: "http://127.0.0.1:1/mcp", token: "tok" }) });
  await bench.open("a");
  async function* content(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("%PDF-");
  }
  const attachments = [await bench.files.keep(content(), { name: "our menu.pdf" })];
  await bench.deliver("a", "facts", { attachments, turnId: "t1" });
  await bench.until("a", "turn_end");
  const { prompt, mcpServers, cwd } = JSON.parse(bench.text("a"));
  expect(prompt).toEqual([
    { type: "text", text: "facts" },
    {
      type: "resource_link",
      name: "our menu.pdf",
      mimeType: "application/pdf",
      size: 5,
      uri: `file://${realpathSync(bench.dir)}/agents/workspace/attachments/t1/our%20menu.pdf`,
    },
  ]);
  expect(cwd).toBe(`${bench.dir}/agents/workspace`);
  expect(mcpServers).toEqual([
    {
      name: "mos-hub",
      command: process.execPath,
      args: [expect.stringMatching(/src\/api\/mcp-bridge\.mjs$/)],
      env: [
        { name: "MOS_HUB_MCP_URL", value: "http://127.0.0.1:1/mcp" },
        { name: "MOS_HUB_MCP_TOKEN", value: "tok" },
      ],
    },
  ]);
});

test("an answer without end is cut where the configuration says, the agent is stopped, and people are told once", async () => {
  const bench = await benches.make(acpAgent("chatters", { answer_chars: 1_000 }));
  await bench.open("a");
  await bench.deliver("a", "go on for ever", { turnId: "t1" });
  expect(await bench.until("a", "turn_end")).toMatchObject({ turnId: "t1", outcome: "stopped" });
  expect(bench.text("a").length).toBeLessThanOrEqual(1_000);
  const notices = bench.of("a").filter(({ type }) => type === "notice");
  expect(notices).toEqual([{ type: "notice", level: "warning", text: expect.stringContaining("longer than 1000 characters") }]);
});

test("requests without end: as many as people could answer are asked, the rest is refused at once", async () => {
  const bench = await benches.make(acpAgent("chatters"));
  await bench.open("a");
  await bench.deliver("a", "ask for ever");
  await eventually(() => bench.text("a").includes("refused 150"), "the refusals");
  expect(bench.of("a").filter(({ type }) => type === "approval_request")).toHaveLength(50);
});

test("a configuration that is wrong names every problem", async () => {
  await expect(benches.make({ driver: "acpp" })).rejects.toMatchObject({
    code: "driver_unknown",
    remedy: "Use one of: acp, http, rehearsal, tmux.",
  });
  const wrong = { driver: "acp", command: [], env_allow: ["MOS_HUB_TOKEN"], enviroment: {} };
  const error = await benches.make(wrong).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: "config_invalid", message: expect.stringContaining("3 problems") });
  expect(String(error)).toMatch(/orchestrator\.command[\s\S]*orchestrator\.env_allow\.0[\s\S]*enviroment/);
});

test("an agent that is stopped before it had the turn never gets it", async () => {
  const bench = await benches.make({ driver: "acp", command: [...agentCommand("plain")] });
  await bench.open("a");
  await bench.deliver("a", "crash");
  await bench.until("a", "turn_end");
  const waiting = bench.deliver("a", "too late");
  await bench.driver.cancel(key("a"));
  expect(await waiting).toMatchObject({ outcome: "rejected" });
  expect(await bench.talk("a", "next")).toContain("Echo: next");
  expect(bench.text("a")).not.toContain("too late");
});
