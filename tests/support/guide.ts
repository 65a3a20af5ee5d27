/** What a document tells people to type, taken out of it and done as it stands there; only addresses and names are the test's own. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { createHubProcess, type HubProcess } from "./hub-process.ts";
import { bodyOf, createMatrixPerson, isIn, type MatrixPerson, relationOf } from "./matrix-person.ts";
import { ROOT } from "./repository.ts";
import { openTerminal } from "./terminal.ts";

const BIN = join(ROOT, "src/cli/mos-hub.mjs");
const PATIENCE_MS = 60_000;

/** From what stands in the document to what stands for it here. */
type Swaps = Readonly<Record<string, string>>;

/** Its fenced blocks of a language, in order. */
export function blocksOf(document: string, language: string): string[] {
  const text = readFileSync(join(ROOT, document), "utf8");
  return [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n(.*?)^ *\`\`\``, "gms"))].map(([, block = ""]) => block);
}

/** The one command in backticks or in a block that begins so, its lines joined. */
export function commandOf(document: string, beginning: string): string {
  const text = readFileSync(join(ROOT, document), "utf8").replaceAll("\\\n", " ");
  const found = text.split(/[`\n]/).filter((line) => line.trim().startsWith(beginning));
  expect(found, `${document} says "${beginning}…" once`).toHaveLength(1);
  return found[0]?.trim() ?? "";
}

/** Each of what is swapped has to be there. */
export function swapped(text: string, swaps: Swaps): string {
  return Object.entries(swaps).reduce((so, [from, to]) => {
    expect(so).toContain(from);
    return so.replaceAll(from, to);
  }, text);
}

const asInstalled = (command: string): string => command.replaceAll(/\bmos-hub (?=conduit|doctor)/g, `${process.execPath} ${BIN} `);

/** In a shell, in this folder; resolves with what it printed. Rejects when it fails. */
export async function runIn(folder: string, command: string, env: Swaps = {}): Promise<string> {
  const options = { cwd: folder, env: { ...process.env, MOS_HUB_DATA_DIR: folder, ...env } };
  return (await promisify(execFile)("sh", ["-c", asInstalled(command)], options)).stdout;
}

/** A command that asks for a password; resolves with the screen once it shows `end`. */
export async function runWithPassword(folder: string, command: string, password: string, end: RegExp): Promise<string> {
  const terminal = await openTerminal(["sh", "-c", `cd ${folder} && ${asInstalled(command)}`], { columns: 400, rows: 50 });
  try {
    await terminal.until(/password of/i, PATIENCE_MS);
    await terminal.type(password);
    await terminal.press("Enter");
    const screen = await terminal.until(end, PATIENCE_MS);
    expect(screen).not.toContain(password);
    return screen;
  } finally {
    await terminal.end();
  }
}

export const GUIDE = "conduit/GUIDE.md";

export interface Homeserver {
  readonly url: string;
  /** Whose password the guide asks for. */
  readonly operator: string;
  /** What the guide's command for this homeserver has to be told. */
  readonly swaps: Swaps;
  readonly beginning: string;
  /** Files the guide asks for, into the folder of the hub. */
  readonly prepare: (folder: string) => Promise<void>;
}

export interface Followed {
  readonly hub: HubProcess;
  readonly person: MatrixPerson;
  readonly room: string;
}

/** Steps 2 and 3 of the guide: users, room and token by the command, the configuration as it prints it, the doctor, the hub. */
export async function followGuide({ url, operator, swaps, beginning, prepare }: Homeserver): Promise<Followed> {
  const hub = await createHubProcess();
  await prepare(hub.dataDir);
  const command = swapped(commandOf(GUIDE, beginning), swaps);
  const password = "a password of one's own";
  const screen = await runWithPassword(hub.dataDir, command, password, /Start with: mos-hub doctor, then npm start/);
  const [, yaml = ""] = /Put this into hub\.yaml:\s*\n(accounts:\n[\s\S]*?)\n\s*\n/.exec(screen) ?? [];
  writeFileSync(join(hub.dataDir, "hub.yaml"), yaml);
  const [, readAndStart = ""] = blocksOf(GUIDE, "sh");
  const [environment = "", doctor = "", start = ""] = readAndStart.split("\n");
  const checked = await runIn(hub.dataDir, `${environment}\n${doctor}`);
  expect(checked).toContain(`homeserver: ${url}`);
  expect([checked, start]).toEqual([expect.not.stringContaining("✗"), "npm start"]);
  const [, token = ""] = /^MATRIX_ACCESS_TOKEN=(.*)$/m.exec(readFileSync(join(hub.dataDir, ".env"), "utf8")) ?? [];
  await hub.start({ MATRIX_ACCESS_TOKEN: token });
  const person = await signIn(url, operator, password);
  const [, room = ""] = /room_id: "([^"]+)"/.exec(yaml) ?? [];
  return { hub, person, room };
}

async function signIn(url: string, name: string, password: string): Promise<MatrixPerson> {
  const nobody = createMatrixPerson({ url, userId: name, token: "" });
  const body = { type: "m.login.password", identifier: { type: "m.id.user", user: name }, password };
  const { user_id, access_token } = await nobody.call<{ user_id: string; access_token: string }>("POST", "/login", body);
  return createMatrixPerson({ url, userId: user_id, token: access_token }, PATIENCE_MS);
}

/** Step 4: the words the guide gives, the card they bring, the press, who approved; resolves with what the agent then says. */
export async function firstApproval({ person, room }: Followed): Promise<string> {
  const [, words = ""] = /In the room write `([^`]+)`/.exec(readFileSync(join(ROOT, GUIDE), "utf8")) ?? [];
  const root = await person.say(room, words);
  const card = await person.sees(room, "the card", (event) => isIn(root)(event) && "mos_hub.subject" in event.content);
  for (const key of ["✅", "❌"]) await person.sees(room, key, (event) => isBelow(event, card.event_id) && relationOf(event).key === key);
  await person.react(room, card.event_id, "✅");
  await person.sees(room, "who approved", (event) => isBelow(event, card.event_id) && /approved by/i.test(bodyOf(event)));
  return bodyOf(await person.sees(room, "the agent go on", (event) => isIn(root)(event) && /It was approved/.test(bodyOf(event))));
}

const isBelow = (event: Parameters<typeof relationOf>[0], card: string): boolean => relationOf(event).event_id === card;

/** The guide's command for Synapse's administrator, for another user. */
export async function liftLimit(url: string, adminToken: string, userId: string): Promise<void> {
  const command = swapped(commandOf(GUIDE, "curl -X POST"), {
    "http://127.0.0.1:8008": url,
    "@mos:matrix.example.internal": encodeURIComponent(userId),
  });
  expect(JSON.parse(await runIn(ROOT, command, { ADMIN_TOKEN: adminToken }))).toEqual({ messages_per_second: 0, burst_count: 0 });
}
