/** A roster is a file of somebody else: any number that are wrong in every way are a fleet or a list of problems, and nothing else. */
import { expect, test } from "vitest";
import { readRoster } from "../../../src/orchestrators/tmux/roster.ts";
import { createRandom, type Random } from "../../support/random.ts";

const ROSTERS = Number(process.env["FUZZ_ROSTERS"] ?? 10_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));

const LINES = [
  "version: 1",
  "transport: tmux",
  "host: one",
  "tmux:",
  "  socket_name: fleet",
  "agents:",
  "  - name: orchestrator",
  "    class: orchestrator",
  "    host: two",
  "    ssh: me@two",
  "    socket: other",
  "  - { name: worker, class: worker }",
  "connector:",
  "  kind: matrix",
  "  room: '!r:example.internal'",
  "unknown: { a: [1, 2] }",
];
const JSON_ROSTER =
  '{"version":1,"tmux":{"socket_name":"fleet"},"agents":[{"name":"orchestrator","host":"two"}],"connector":{"kind":"tmux"}}';
const NASTY = ["null", "[]", "{}", "~", "&a [*a]", "*b", "!!binary x", "!!js/function x", "'", '"\\ud800"', "1e999", "__proto__: 1", "- - -", "\t", "|", "? x", "<<: *a", "\u0000", "a: b: c", "{".repeat(500), "[".repeat(500), "--- \n...", "-f/etc/passwd", "$(id)"]; // prettier-ignore

function roster(random: Random): string {
  if (random.below(4) === 0) return bent(JSON_ROSTER, random);
  const lines = LINES.filter(() => random.below(8) > 0);
  if (random.below(2) === 0) lines.splice(random.below(lines.length + 1), 0, `${" ".repeat(random.below(5))}${random.pick(NASTY)}`);
  if (random.below(2) === 0) lines[random.below(lines.length)] += random.pick(NASTY);
  return bent(lines.join("\n"), random);
}

function bent(text: string, random: Random): string {
  switch (random.below(4)) {
    case 0:
      return text.slice(0, random.below(text.length));
    case 1: {
      const at = random.below(text.length);
      return `${text.slice(0, at)}${String.fromCharCode(random.below(0x3000))}${text.slice(at + 1)}`;
    }
    case 2:
      return text.replace(/: \w+/, () => `: ${random.pick(NASTY)}`);
    default:
      return text;
  }
}

test(`${ROSTERS} malformed rosters are a fleet or say what is wrong (seed ${seed})`, { timeout: 600_000 }, () => {
  const random = createRandom(seed);
  let fleets = 0;
  let refused = 0;
  for (let at = 0; at < ROSTERS; at += 1) {
    const text = roster(random);
    const { data, problems } = readRoster(text, random.below(4) === 0 ? "roster.json" : "roster.yaml");
    if (problems.length > 0) {
      refused += 1;
      expect(
        problems.every(({ wrong, remedy }) => wrong !== "" && remedy !== ""),
        text,
      ).toBe(true);
    } else {
      fleets += 1;
      if (!data["orchestrator"]) throw new Error(`no fleet and no problem in ${text}`);
    }
  }
  expect(fleets).toBeGreaterThan(ROSTERS / 100);
  expect(refused).toBeGreaterThan(ROSTERS / 100);
});
