/**
 * A fleet's roster, read as a configuration of the hub: its orchestrator becomes the orchestrator, its `connector` block the one account.
 * Lenient outside that block, since the roster is the fleet's own file; what it says about the orchestrator is checked all at once.
 * Invariant: the file is only read, and no message ever goes to a socket the roster does not name for that session.
 */
import { hostname } from "node:os";
import { z } from "zod";
import { blockOf } from "../../config/blocks.ts";
import { type ParsedFile, parseConfigFile } from "../../config/file.ts";
import { type Path, type Problem, pathText, problemsOf } from "../../config/problems.ts";
import { hostName, sessionName, socketName, sshTarget } from "./config.ts";

/** The kind of a roster without a `connector` block. */
const OWN_KIND = "tmux";

const fleet = z.looseObject({
  version: z.literal(1).nullish().describe("the form of the roster: 1."),
  transport: z.literal("tmux").nullish().describe("how the fleet's sessions are kept: tmux."),
  host: hostName.nullish().describe("the host the fleet runs on. Default: this machine."),
  tmux: z
    .looseObject({ socket_name: socketName.nullish(), socketName: socketName.nullish() })
    .nullish()
    .describe("where the fleet's sessions are."),
  agents: z.array(z.looseObject({ name: z.string() })).describe("the sessions of the fleet, each with its name."),
  connector: z
    .looseObject({ kind: z.string().min(1).describe("which connector people talk through.") })
    .nullish()
    .describe("how people talk to the fleet."),
});

const agent = z.looseObject({
  name: sessionName,
  class: z.string().nullish(),
  host: hostName.nullish().describe("the host the session is on, where it is another one."),
  ssh: sshTarget.nullish().describe("how ssh reaches that host."),
  socket: socketName.nullish().describe("the socket of the session, as in tmux -L."),
});

/** The file as if it were hub.yaml. YAML or JSON; never quotes what it read. */
export function readRoster(text: string, fileName: string): ParsedFile {
  const parsed = parseConfigFile(text, fileName);
  if (parsed.problems.length > 0) return parsed;
  const { data, lineOf } = parsed;
  const problems = [...problemsOf({ schema: fleet, value: data, at: [], lineOf })];
  const found = orchestratorIn(data, lineOf);
  if ("path" in found) problems.push(...(problems.some(({ path }) => path.startsWith("agents")) ? [] : [found]));
  else problems.push(...problemsOf({ schema: agent, value: found.value, at: ["agents", found.at], lineOf }));
  if (problems.length > 0 || "path" in found) return { data: {}, problems, lineOf };
  return asHubFile(fleet.parse(data), agent.parse(found.value), lineOf);
}

type Found = { readonly value: unknown; readonly at: number } | Problem;

/** By its name; else the only one of its class. */
function orchestratorIn(data: Readonly<Record<string, unknown>>, lineOf: ParsedFile["lineOf"]): Found {
  const agents = Array.isArray(data["agents"]) ? (data["agents"] as unknown[]) : [];
  const all = agents.map((value, at) => ({ value, at, ...named(value) }));
  const ofName = all.filter(({ name }) => name === "orchestrator");
  const [first, second] = ofName.length > 0 ? ofName : all.filter(({ role }) => role === "orchestrator");
  const path: Path = second === undefined ? ["agents"] : ["agents", second.at, "name"];
  const place = { path: pathText(path), line: lineOf(path) };
  if (first === undefined)
    return {
      ...place,
      wrong: "has no orchestrator: there is nobody to talk to",
      remedy: "Add an agent named orchestrator to the fleet (its minimal preset has none).",
    };
  if (second !== undefined)
    return { ...place, wrong: "is a second orchestrator", remedy: "A fleet has exactly one; people would not know whom they talk to." };
  return first;
}

function named(value: unknown): { readonly name: unknown; readonly role: unknown } {
  const { name, class: role } = blockOf(value);
  return { name, role };
}

function asHubFile(roster: z.infer<typeof fleet>, orchestrator: z.infer<typeof agent>, lineOf: ParsedFile["lineOf"]): ParsedFile {
  const socket = roster.tmux?.socket_name ?? roster.tmux?.socketName ?? "";
  const isRemote = Boolean(orchestrator.host) && orchestrator.host !== (roster.host ?? hostname());
  const { kind, ...rest } = roster.connector ?? { kind: OWN_KIND };
  const account = /^[a-z0-9][a-z0-9-]{0,62}$/.test(kind) ? kind : "connector";
  const own = account === OWN_KIND && !("socket" in rest) ? { socket } : {};
  return {
    problems: [],
    data: {
      orchestrator: {
        driver: "tmux",
        session: orchestrator.name,
        // A session of this fleet lies on the fleet's socket unless it says otherwise; of another host's only its own field is known.
        socket: orchestrator.socket ?? (isRemote ? "" : socket),
        ...(orchestrator.host ? { host: orchestrator.host } : {}),
        ...(roster.host ? { hub_host: roster.host } : {}),
        ...(isRemote ? { ssh: orchestrator.ssh || orchestrator.host } : {}),
      },
      accounts: { [account]: { kind, ...own, ...rest } },
    },
    lineOf: (path) => lineOf(path[0] === "accounts" ? ["connector", ...path.slice(2)] : path),
    nameOf: (path) => path.replace(`accounts.${account}`, "connector"),
  };
}
