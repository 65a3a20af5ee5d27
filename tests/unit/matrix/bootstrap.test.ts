/** `mos-hub conduit bootstrap` as it goes on a Conduit: the fake reads its registration from the same file a Conduit would. */
import { readFileSync } from "node:fs";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFakeHomeserver, type FakeHomeserver } from "../../../connectors/matrix/fake/server.ts";
import { bootstrapWith } from "../../../src/cli/conduit.ts";
import { systemClock } from "../../../src/clock.ts";
import { ROOT } from "../../support/repository.ts";

let server: FakeHomeserver;
let dir: string;
const given = () => ({
  homeserver: server.url,
  hub: "mos",
  operator: "ann",
  env: join(dir, ".env"),
  toml: join(dir, "conduit.toml"),
  restart: "true",
});
const read = (name: string): Promise<string> => readFile(join(dir, name), "utf8");

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "mos-hub-conduit-"));
  await cp(join(ROOT, "conduit/conduit.toml"), join(dir, "conduit.toml"));
  const tokenNow = () => /^registration_token = "(.+)"$/m.exec(readFileSync(join(dir, "conduit.toml"), "utf8"))?.[1];
  server = await createFakeHomeserver({ ...systemClock, isServerless: true, registrationToken: tokenNow });
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

test("makes users and room, keeps the token only, and leaves registration closed; run again it changes nothing", async () => {
  const told: string[] = [];
  const first = await bootstrapWith(given(), "a password", (done) => void told.push(done));
  expect(told.at(-1)).toContain("token is in");
  expect(told).toContain("registration is closed");
  expect(first).toMatchObject({ hubUserId: "@mos:hs.example.internal", operatorUserId: "@ann:hs.example.internal" });
  expect(server.rooms.find(first.roomId).members.get(first.hubUserId)).toBe("join");
  expect(await read(".env")).toBe(`MATRIX_ACCESS_TOKEN=${first.hubToken}\n`);
  expect(await read("conduit.toml")).not.toContain("registration_token");
  expect(await bootstrapWith(given(), "a password", () => {})).toEqual(first);
});

test("closes registration also when something goes wrong, and goes on from there when it is run again", async () => {
  server.next({ type: "refused" }, "/createRoom");
  await expect(bootstrapWith(given(), "a password", () => {})).rejects.toThrow(/permission/);
  expect(await read("conduit.toml")).toContain("allow_registration = false");
  await expect(bootstrapWith(given(), "another password", () => {})).rejects.toThrow(/already taken/);
  await expect(bootstrapWith(given(), "a password", () => {})).resolves.toMatchObject({ hubUserId: "@mos:hs.example.internal" });
  expect(await read("conduit.toml")).toContain("allow_registration = false");
});
