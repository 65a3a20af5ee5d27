import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { CONNECTORS, KIND_DEFAULTS, KNOWN_CONNECTOR_KINDS, loadDefinitions, registerAll } from "../../connectors/index.ts";
import type { Connector, ConnectorContext } from "../../src/contract/connector.ts";
import { ConnectorNotImplementedError, HubError } from "../../src/contract/errors.ts";
import { createRegistry, type Registry } from "../../src/registry.ts";

const ROSTER = { version: 1, transport: "tmux", agents: [{ name: "orchestrator", runtime: "claude" }] };

function create(): Registry {
  return createRegistry({ known: KNOWN_CONNECTOR_KINDS, ...KIND_DEFAULTS });
}

/** A connector that only remembers what its factory was handed. */
function recording(kind: string, handed: unknown[]) {
  return (config: unknown, context: ConnectorContext): Connector => {
    handed.push(config, context);
    return { kind, send: async () => ({ delivered: true }), subscribe: () => () => {}, health: async () => HEALTHY, close: async () => {} };
  };
}
const HEALTHY = { reachable: true, authenticated: true };

describe("which kind a configuration means", () => {
  it.each([
    ["nothing at all", undefined, "console"],
    ["one account", { kind: "matrix", homeserver: "https://matrix.example.internal" }, "matrix"],
    ["a roster without a connector block", ROSTER, "tmux"],
    ["a roster with one", { ...ROSTER, connector: { kind: "discord" } }, "discord"],
    ["a kind nobody has heard of", { kind: "carrier-pigeon" }, "carrier-pigeon"],
  ])("%s", (_what, config, kind) => expect(create().resolveConnectorKind(config)).toBe(kind));

  it.each([
    ["an empty object", {}, /kind/],
    ["a list", [], /configuration/],
    ["a kind that is no text", { kind: 7 }, /kind/],
    ["a connector block without a kind", { ...ROSTER, connector: {} }, /connector\.kind/],
  ])("refuses %s", (_what, config, words) => {
    expect(() => create().resolveConnectorKind(config)).toThrow(HubError);
    expect(() => create().resolveConnectorKind(config)).toThrow(words);
  });
});

describe("making a connector", () => {
  it("hands the configuration over unchanged, the whole roster too", () => {
    const registry = create();
    const handed: unknown[] = [];
    registry.registerConnector("tmux", recording("tmux", handed));
    expect(registry.createConnector(ROSTER).kind).toBe("tmux");
    expect(handed[0]).toBe(ROSTER);
  });

  it("makes a context that lives in memory for a program that gives none", async () => {
    const registry = create();
    const handed: unknown[] = [];
    registry.registerConnector("console", recording("console", handed));
    registry.createConnector();
    const context = handed[1] as ConnectorContext;
    await context.state.set("a", 1);
    expect(await context.state.get("a")).toBe(1);
    expect(context.account).toBe("console");
  });

  it("has a folder of files in it that is made when it is needed, and opens the program's own", async () => {
    const registry = create();
    const handed: unknown[] = [];
    registry.registerConnector("console", recording("console", handed));
    registry.createConnector();
    const { files } = handed[1] as ConnectorContext;
    async function* content(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("kept");
    }
    const kept = await files.keep(content(), { name: "a.txt" });
    expect(await new Response(await files.open(kept)).text()).toBe("kept");
    const own = { name: "own", mimeType: "text/plain", sizeBytes: 1, path: import.meta.filename };
    expect(await new Response(await files.open(own)).text()).toContain("the program's own");
    await expect(files.open({ ...own, path: "/nowhere" })).rejects.toMatchObject({ code: "not_found" });
    rmSync(dirname(dirname(kept.path)), { recursive: true });
  });

  it("lets the last registration win", () => {
    const registry = create();
    const [first, second]: [unknown[], unknown[]] = [[], []];
    registry.registerConnector("console", recording("console", first));
    registry.registerConnector("console", recording("console", second));
    registry.createConnector();
    expect([first.length, second.length]).toEqual([0, 2]);
  });

  it("says which kind nobody registered and what there is", () => {
    const registry = create();
    registry.registerConnector("console", recording("console", []));
    const attempt = (): Connector => registry.createConnector({ kind: "slack" });
    expect(attempt).toThrow(ConnectorNotImplementedError);
    expect(attempt).toThrow(/no connector of the kind "slack" here.*Use one of: console/s);
    expect(() => attempt()).toThrow(expect.objectContaining({ kind: "slack" }));
  });
});

describe("the table of connectors", () => {
  it("knows six kinds and can run them all", async () => {
    expect(KNOWN_CONNECTOR_KINDS).toEqual(["console", "discord", "matrix", "slack", "telegram", "tmux"]);
    const registry = create();
    await registerAll(registry);
    for (const { kind } of CONNECTORS) expect(registry.hasConnector(kind)).toBe(true);
    expect(registry.isKnownConnectorKind("slack")).toBe(true);
    expect(registry.isKnownConnectorKind("irc")).toBe(false);
    expect(registry.isKnownConnectorKind(undefined)).toBe(false);
  });

  it("gives each definition under its own name", async () => {
    expect((await loadDefinitions()).map(({ kind }) => kind)).toEqual(KNOWN_CONNECTOR_KINDS);
  });

  it("refuses an unknown key of the console with its path", async () => {
    const registry = create();
    await registerAll(registry);
    expect(() => registry.createConnector({ kind: "console", colour: "red" })).toThrow(/colour/);
    expect(registry.createConnector({ ...ROSTER, connector: { kind: "console" } }).kind).toBe("console");
  });
});
