/** conduit/: its files say the same about the same homeserver, each line of the configuration says why, and what was not run says so. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "../../support/repository.ts";

const read = (name: string): string => readFileSync(join(ROOT, "conduit", name), "utf8");
const [toml, unit, guide] = [read("conduit.toml"), read("conduit.service"), read("GUIDE.md")];
const compose = parse(read("compose.yaml")) as { services: { conduit: { environment: object; ports: string[]; volumes: string[] } } };
const settings = Object.fromEntries(
  [...toml.matchAll(/^(\w+) = (.+)$/gm)].map(([, key, value = ""]) => [key, JSON.parse(value.replaceAll("_", ""))]),
);

/** The fields of Conduit 0.11's configuration that are used, by its documentation. */
const FIELDS = `
  address allow_check_for_updates allow_encryption allow_federation allow_registration database_backend database_path
  db_cache_capacity_mb enable_lightning_bolt log max_request_size port server_name trusted_servers`
  .trim()
  .split(/\s+/);

test("the configuration has the fields Conduit knows, and every line its why", () => {
  expect(Object.keys(settings).toSorted()).toEqual(FIELDS);
  const lines = toml.split("\n");
  const bare = lines.filter((line, at) => /^\w+ = /.test(line) && !lines[at - 1]?.startsWith("#"));
  expect(bare).toEqual([]);
});

test("it is closed: no registration, no federation, nobody from outside, no encrypted rooms", () => {
  expect(settings).toMatchObject({
    allow_registration: false,
    allow_federation: false,
    trusted_servers: [],
    allow_encryption: false,
    address: "127.0.0.1",
  });
});

test("unit, container, guide and command mean the same port, files and folders", () => {
  const { environment, ports, volumes } = compose.services.conduit;
  expect(ports).toEqual([`127.0.0.1:${settings["port"]}:${settings["port"]}`]);
  expect(guide).toContain(`http://127.0.0.1:${settings["port"]}/`);
  expect(readFileSync(join(ROOT, "src/cli/conduit.ts"), "utf8")).toContain(`"http://127.0.0.1:${settings["port"]}"`);
  const [, file = ""] = /^Environment=CONDUIT_CONFIG=(.+)$/m.exec(unit) ?? [];
  expect(environment).toMatchObject({ CONDUIT_CONFIG: file });
  expect(guide).toContain(`--toml ${file}`);
  expect(volumes).toEqual([`./conduit.toml:${file}:ro`, `conduit:${settings["database_path"]}`]);
  expect(unit).toContain(`StateDirectory=${String(settings["database_path"]).replace("/var/lib/", "")}`);
  expect(guide).toContain(String(settings["database_path"]));
});

test("what needs a Conduit is marked as not run, and nothing else is", () => {
  const needy = guide.split("\n").filter((line) => /^### Conduit|^# Conduit|\*\*Upgrade\*\*/.test(line));
  expect(needy).toEqual(Array.from({ length: 3 }, () => expect.stringContaining("not run")));
  for (const file of [unit, read("compose.yaml")]) expect(file.split("\n")[0]).toContain("Not run by our tests");
  expect(guide.match(/not run\)/g)).toHaveLength(4);
});
