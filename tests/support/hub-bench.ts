/** A whole hub on a bench: the real steps, handlers and journal between a recording connector and a scripted driver, in hand-moved time. */
import { HANDLERS } from "../../handlers/index.ts";
import type { Connector } from "../../src/contract/connector.ts";
import type { DeployRules, UrlAnswer } from "../../src/contract/deploys.ts";
import type { Handler, HandlerSettings } from "../../src/contract/handler.ts";
import type { Address } from "../../src/contract/ids.ts";
import type { Ack, PersonEvent } from "../../src/contract/message.ts";
import type { ApprovalRules } from "../../src/contract/policy.ts";
import { createHub, type Hub } from "../../src/hub.ts";
import { createLog, type Log } from "../../src/log.ts";
import { createLogRedactor, createRedactor, createSecrecy, type Secret } from "../../src/redaction/secrets.ts";
import { createHandClock, type HandClock } from "./hand-clock.ts";
import { createKeptFiles } from "./kept-files.ts";
import { addPerson, createJournalFile, type JournalFile, type MortalJournal } from "./mortal-journal.ts";
import { createRecordingConnector, type RecordingConnector, type RecordingOptions } from "./recording-connector.ts";
import { createScriptedDriver, type ScriptedDriver } from "./scripted-driver.ts";

export interface BenchOptions extends RecordingOptions {
  readonly handlers?: readonly Handler[];
  /** In place of what {@link SETTINGS} says about approvals. */
  readonly approvals?: Partial<ApprovalRules>;
  /** In place of what {@link SETTINGS} says about the rest. */
  readonly settings?: Partial<Omit<HandlerSettings, "deploys">> & { readonly deploys?: Partial<DeployRules> };
  /** Registered secrets. Default: none, and the word `hunter2` is masked. */
  readonly secrets?: readonly Secret[];
  /** Accounts beside `chat`, in each life the same. */
  readonly others?: Readonly<Record<string, Connector>>;
  readonly homes?: readonly Address[];
  /** What an address of a deploy answers. Default: 200. */
  readonly look?: (url: string) => Promise<UrlAnswer>;
}

/** One life of the hub's process. */
export interface HubLife extends MortalJournal {
  readonly hub: Hub;
}

export interface HubBench {
  readonly clock: HandClock;
  readonly chat: RecordingConnector;
  readonly agent: ScriptedDriver;
  readonly file: JournalFile;
  /** Everything logged, as JSON. */
  readonly logged: string[];
  /** The present life. */
  life(): HubLife;
  /** The process dies, if it has not, and the next one starts over the same file; with other orchestrators `agent` is the first of them. */
  restart(orchestrators?: HandlerSettings["orchestrators"], more?: Partial<HandlerSettings>): Promise<void>;
  /** The operator `ann` writes; everything that follows at once has been done when it resolves. */
  say(text: string, thread?: string, more?: Partial<PersonEvent>): Promise<Ack>;
}

export async function createHubBench({
  handlers = HANDLERS,
  secrets = [],
  approvals = {},
  others = {},
  homes = [],
  look = async () => ({ outcome: "answers", status: 200 }),
  settings: other = {},
  ...recording
}: BenchOptions = {}): Promise<HubBench> {
  const clock = createHandClock();
  const rules = { approvals: { ...SETTINGS.approvals, ...approvals }, deploys: { ...SETTINGS.deploys, ...other.deploys } };
  const settings: HandlerSettings = { ...SETTINGS, ...other, ...rules };
  const chat = createRecordingConnector(recording);
  const agent = createScriptedDriver();
  const file = createJournalFile();
  const logged: string[] = [];
  let life: HubLife | undefined;
  let said = 0;

  async function begin(isFirst: boolean, orchestrators = settings.orchestrators, more: Partial<HandlerSettings> = {}): Promise<void> {
    const mortal = await file.open(clock);
    if (isFirst) await addPerson(mortal.journal, "ann", ["operator", "approver"]);
    const hub = createHub({
      journal: mortal.journal,
      clock,
      log:
        secrets.length === 0
          ? keepLog(logged)
          : createLog({ level: "debug", redact: createLogRedactor(secrets), destination: { write: (line) => void logged.push(line) } }),
      connectors: new Map<string, Connector>([["chat", chat], ...Object.entries(others)]),
      drivers: new Map([[orchestrators[0]?.name ?? "mos", agent]]),
      handlers,
      settings: { ...settings, homes, orchestrators, ...more, ...(secrets.length === 0 ? {} : { redact: createRedactor(secrets) }) },
      live: { health: async () => [] },
      messageBytes: 10_000,
      secrecy: createSecrecy(secrets),
      keepFile: createKeptFiles().keep,
      look,
    });
    life = Object.assign(mortal, { hub });
    await hub.start();
    await clock.settled();
  }

  const current = (): HubLife => {
    if (!life) throw new Error("the hub has not begun");
    return life;
  };

  await begin(true);
  return {
    clock,
    chat,
    agent,
    file,
    logged,
    life: current,
    async restart(orchestrators, more) {
      current().die();
      chat.forgetListeners();
      agent.forgetListeners();
      await begin(false, orchestrators, more);
    },
    async say(text, thread = "t1", more = {}) {
      const ack = await chat.hear(message(text, { eventId: `e${(said += 1)}`, threadId: thread, ...more }));
      await clock.settled();
      return ack;
    },
  };
}

/** A message of `ann` in the thread `t1`. */
export function message(text: string, more: Partial<PersonEvent> = {}): PersonEvent {
  const ts = "2026-01-01T00:00:00.000Z";
  const place = { chatId: "home", threadId: "t1", sender: "ann", direct: false, mentionsBot: true };
  return { type: "message", text, eventId: text, ts, ...place, ...more } as PersonEvent;
}

export const SETTINGS: HandlerSettings = {
  tenantId: "main",
  approvals: {
    autonomyTier: 2,
    base: { expiryMs: 3_600_000, executionWindowMs: 600_000 },
    policies: [],
    classes: [],
    unlocked: [],
    trusted: [],
  },
  deploys: { routes: [], checksUrls: false, carriers: [], resultWithinMs: 1_800_000 },
  queuePerSession: 5,
  orchestrators: [{ name: "mos", alias: "Mos", busyMode: "queue", chats: [] }],
  messagesPerMinute: 1000,
  pairingExpiryMs: 86_400_000,
  localAccounts: [],
  aliasOf: () => "Mos",
  redact: (text) => text.replaceAll("hunter2", "[redacted]"),
  canFollowLinks: () => true,
  canWhisper: () => false,
  homes: [],
};

export function keepLog(logged: string[]): Log {
  const keep = (facts: Record<string, unknown>, text: string): void => void logged.push(`${text} ${JSON.stringify(facts)}`);
  return { info: keep, warn: keep, error: keep, child: () => keepLog(logged) } as unknown as Log;
}
