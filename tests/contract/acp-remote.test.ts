/** An agent on another machine, reached over a WebSocket or HTTP: the SDK's own server at the other end. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bench, createBenches, key } from "../support/driver-bench.ts";
import { createListeningAgent, type ListeningAgent } from "../support/listening-agent.ts";

const benches = createBenches();
let far: ListeningAgent;
beforeEach(async () => {
  far = await createListeningAgent("open-sesame");
});
afterEach(async () => {
  await benches.clear();
  await far.end();
});

function reach(scheme: string, more: { port?: number; token?: string; config?: object } = {}): Promise<Bench> {
  const { port = far.port, token = "open-sesame", config = {} } = more;
  const url = `${scheme}://127.0.0.1:${port}/acp`;
  return benches.make({ driver: "acp", url, token_env: "FAR_TOKEN", cwd: "/srv/work", ...config }, { baseEnv: { FAR_TOKEN: token } });
}

describe.each(["ws", "http"])("over %s", (scheme) => {
  test("talks, in the folder of its own machine", async () => {
    const bench = await reach(scheme);
    expect(await bench.talk("a", "good morning")).toBe("Echo: good morning");
    expect(bench.of("a").at(-1)).toMatchObject({ type: "turn_end", outcome: "done" });
    expect(far.opened).toMatchObject([{ cwd: "/srv/work" }]);
    const health = await bench.driver.health();
    expect(health).toMatchObject({ answered: true });
    expect(health.facts).not.toHaveProperty("pid");
  });

  test("stops a running turn when asked", async () => {
    const bench = await reach(scheme);
    await bench.open("a");
    await bench.deliver("a", "slow");
    await bench.until("a", "text_delta");
    await bench.driver.cancel(key("a"));
    expect(await bench.until("a", "turn_end")).toMatchObject({ outcome: "stopped" });
  });

  test("a connection that is cut in mid-turn loses the turn, and is begun anew with the conversation", async () => {
    const bench = await reach(scheme);
    await bench.open("a");
    await bench.deliver("a", "slow", { turnId: "t1" });
    await bench.until("a", "text_delta");
    far.cut();
    expect(await bench.until("a", "lifecycle", ({ phase }) => phase === "crashed")).toMatchObject({
      detail: expect.stringContaining(`127.0.0.1:${far.port}`),
    });
    expect(await bench.until("a", "turn_end")).toMatchObject({ turnId: "t1", outcome: "lost" });
    await bench.until("a", "lifecycle", ({ phase }) => phase === "session_resumed");
    expect(await bench.talk("a", "and now")).toBe("Echo: and now");
  });

  test("a wrong token is told as what it is, without the token", async () => {
    const bench = await reach(scheme, { token: "wrong-word" });
    const refusal = await bench.open("a").catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "agent_unreachable" });
    expect(`${String(refusal)} ${bench.logged.join()}`).not.toContain("wrong-word");
    expect((await bench.driver.health()).answered).toBe(false);
  });

  test("nobody listening is told as what it is, and checked as such", async () => {
    const bench = await reach(scheme, { port: 9 });
    await expect(bench.open("a")).rejects.toMatchObject({ code: "agent_unreachable" });
    expect(await bench.driver.check?.()).toMatchObject([{ name: "agent", ok: false }]);
  });

  test("is checked without a word about users", async () => {
    const bench = await reach(scheme);
    expect(await bench.driver.check?.()).toMatchObject([{ name: "agent", ok: true, detail: expect.stringContaining("far 1 answers") }]);
  });

  test("a file that its machine cannot have is named", async () => {
    const bench = await reach(scheme);
    const content = ReadableStream.from([new Uint8Array([1, 2, 3])]);
    const kept = await bench.files.keep(content, { name: "plan.pdf", mimeType: "application/pdf" });
    await bench.open("a");
    await bench.deliver("a", "see", { attachments: [kept] });
    await bench.until("a", "turn_end");
    expect(bench.text("a")).toContain('"plan.pdf" (application/pdf, 3 bytes) was attached but cannot be brought to your machine');
  });
});

test("a place in the open is no place for a conversation", async () => {
  const make = (more: object): Promise<unknown> => benches.make({ driver: "acp", cwd: "/srv", ...more });
  await expect(make({ url: "ws://agent.example.internal/acp" })).rejects.toThrow(/in the open/);
  await expect(make({ url: "ws://127.example.internal/acp" })).rejects.toThrow(/in the open/);
  await expect(make({ url: "wss://me:secret@agent.example.internal/acp" })).rejects.toThrow(/holds a password/);
  await expect(make({ url: "file:///etc/passwd" })).rejects.toThrow(/begins with wss/);
  await expect(make({ url: "wss://agent.example.internal", command: ["x"] })).rejects.toThrow(/either a command or a url/);
  await expect(make({})).rejects.toThrow(/either a command or a url/);
  await expect(make({ url: "wss://agent.example.internal", cwd: "work" })).rejects.toThrow(/from its root/);
  await expect(make({ url: "wss://agent.example.internal", terminal: true })).rejects.toThrow(/on this machine/);
});

test("a missing token is named by its variable", async () => {
  const url = `ws://127.0.0.1:${far.port}/acp`;
  const bench = await benches.make({ driver: "acp", url, token_env: "FAR_TOKEN", cwd: "/srv" }, { baseEnv: {} });
  await expect(bench.open("a")).rejects.toThrow(/FAR_TOKEN is not set/);
});
