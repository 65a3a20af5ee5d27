/**
 * The composition root: the only file that imports every side. Builds a hub from a configuration, in the order in which things can fail,
 * and takes it down again in the opposite order.
 */
import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { registerAll, KIND_DEFAULTS, KNOWN_CONNECTOR_KINDS } from "../connectors/index.ts";
import { HANDLERS } from "../handlers/index.ts";
import { createIsBound } from "./accounts/bound.ts";
import { createPlacesInUse, placesNamed } from "./accounts/places.ts";
import { createCanary } from "./canary.ts";
import { createApi } from "./api/http.ts";
import { signInUrl } from "./api/sign-in.ts";
import { listen } from "./api/listen.ts";
import { readTls } from "./api/tls.ts";
import type { Keyv } from "keyv";
import { keepAnswering } from "./approvals/answer-calls.ts";
import { createCallOut } from "./approvals/call-out.ts";
import { createGrants, type Grants } from "./approvals/grants.ts";
import { createCallers } from "./api/callers.ts";
import { createBlobs, fileDirOf } from "./blobs/blobs.ts";
import { keepSweeping } from "./blobs/sweep.ts";
import { type Clock, systemClock, within } from "./clock.ts";
import { type Config, secretsOf } from "./config.ts";
import type { Connector, ConnectorContext } from "./contract/connector.ts";
import type { HandlerSettings } from "./contract/handler.ts";
import type { SessionKey } from "./contract/ids.ts";
import type { Store } from "./contract/store.ts";
import type { McpAccess, OrchestratorDriver } from "./contract/orchestrator.ts";
import { keepHandingOver } from "./deploys/hand-over.ts";
import { askHealth, type HealthReport } from "./health.ts";
import { healthLines } from "./health-words.ts";
import { createHub, type Hub } from "./hub.ts";
import { createLog, fileDestination, type Log } from "./log.ts";
import { createCrew } from "./orchestrators/crew.ts";
import { createLink } from "./people/credentials.ts";
import { LOCAL_PERSON_ID } from "./people/directory.ts";
import { createRights } from "./people/rights.ts";
import { drawFirstPin, localAccounts, settlePeople } from "./people/settle.ts";
import { createSecrecy } from "./redaction/secrets.ts";
import { createRegistry } from "./registry.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import { createJournal } from "./store/journal.ts";
import { createKeyv } from "./store/keyv.ts";
import { keepLease } from "./store/lease.ts";
import { openSeal } from "./store/seal.ts";
import { openStore } from "./store/open.ts";
import { createLook } from "./web/look.ts";
import { createSignedPost } from "./web/signed-post.ts";

export interface RunningHub {
  readonly url: string;
  /** Draws the local operator's PIN if there is none yet: to be shown on a terminal once and nowhere else. */
  firstPin(): Promise<string | undefined>;
  /** A link that signs a browser in as the local operator, once: to be shown on a terminal and nowhere else. */
  signInLink(): Promise<string>;
  readonly log: Log;
  /** The accounts that are, by name. */
  connected(): readonly string[];
  /** A line for each account that could not be connected. */
  down(): readonly string[];
  health(): Promise<HealthReport>;
  /** Resolves when everything on its way has its receipt, within about 8 s. May be called twice. */
  stop(): Promise<void>;
  /** Why the hub can no longer work, once another node has taken over. */
  lost(): Error | undefined;
  onLost(listener: () => void): void;
}

export interface StartOptions {
  readonly clock?: Clock;
  /** Where the log goes. Default: standard error. */
  readonly logFile?: string | undefined;
  /** Opens the journal's store. Default: the engine the configuration names. */
  readonly open?: typeof openStore;
}

/** `SIGTERM` must be done within 10 s; what is under way then has this long. */
const DRAIN_MS = 7000;
const RELEASE_MS = 1000;

/** Rejects with a HubError that says which part could not start; whatever had started by then is taken down again. */
export async function startHub(config: Config, { clock = systemClock, logFile, open = openStore }: StartOptions = {}): Promise<RunningHub> {
  const takeDown: (() => Promise<void>)[] = [];
  const stop = once(async () => {
    for (const undo of takeDown.reverse()) await undo();
  });
  try {
    return await build(config, { clock, logFile, open, stop, takeDown });
  } catch (thrown) {
    await stop().catch(() => {});
    throw thrown;
  }
}

interface Building {
  readonly clock: Clock;
  readonly logFile: string | undefined;
  readonly open: typeof openStore;
  readonly stop: () => Promise<void>;
  /** What undoes each part, in the order they were started. */
  readonly takeDown: (() => Promise<void>)[];
}

async function build(config: Config, { clock, logFile, open, stop, takeDown }: Building): Promise<RunningHub> {
  const secrecy = createSecrecy(config.secrets);
  const { redact, hide: hideSecrets } = secrecy;
  const destination = logFile === undefined ? {} : { destination: fileDestination(logFile) };
  const log = createLog({ level: config.log.level, redact: secrecy.redactLog, ...destination });
  const { store, lease, journal, stateOf } = await openJournal(config, { clock, open, takeDown });
  const files = createBlobs({ dir: fileDirOf(config), maxBytes: config.limits.fileBytes });
  const caughtUp: Making["caughtUp"] = (account, gap) => hub.accounts.caughtUp(account, gap);
  const connectors = await makeConnectors(config, { clock, log, store, stateOf, files, hideSecrets, caughtUp });
  const callers = createCallers({ journal, clock });
  // A program that asks has only its name.
  const aliases = new Map([["", config.orchestrator.alias], ...config.orchestrators.map(({ name, alias }) => [name, alias] as const)]);
  const aliasOf = (name: string): string => aliases.get(name) ?? name;
  const drivers = new Map<string, OrchestratorDriver>();
  const health = () => askHealth({ clock, store, connectors, drivers, aliasOf, hub, canaryTrouble: canary?.trouble, redact });
  const settings = settingsOf(config, { aliasOf, redact, connectors, localUrl: () => localUrl });
  const live = { health: async () => healthLines(await health()) };
  const { messageBytes, fileBytes, requestsPerSecond } = config.limits;
  const look = createLook({ clock, allowed: config.deploys.allowPrivate });
  const sides = { connectors, drivers, handlers: HANDLERS, look };
  const hub = createHub({ journal, clock, log, ...sides, settings, live, messageBytes, secrecy, keepFile: files.keep });

  const canary = config.canary && createCanary({ config: config.canary, journal, clock, connectors, held: hub.held, log });
  const { publicUrl } = config;
  const hostNames = [config.host, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])];
  const home = config.accounts.find(({ isLocal }) => isLocal)?.account;
  const limits = { fileBytes, requestsPerSecond, channel: config.mcp.channel, webhooks: config.deploys.webhooks };
  const port = { callers, hostNames, publicUrl, home, ...limits };
  const grants = await openGrants(config, clock, stateOf);
  const api = createApi({ hub, journal, clock, log, connectors, drivers, settings, grants, health, stateOf, ...port });
  const localUrl = await openPorts(api, config, { clock, log, takeDown });
  for (const connector of connectors.values()) takeDown.push(() => connector.close());

  const mcp = (session: SessionKey): McpAccess => ({ url: `${localUrl}/mcp`, token: callers.mint(session) });
  for (const [name, driver] of await createCrew(config, { clock, stateOf, log, files, mcp })) {
    drivers.set(name, driver);
    takeDown.push(() => driver.close());
  }

  takeDown.push(async () => void (await within(clock, DRAIN_MS, hub.stop())));
  await hub.start();
  if (canary) takeDown.push(canary.start());
  takeDown.push(...keepTelling(config, { journal, clock, grants, log }), keepSweeping({ dir: fileDirOf(config), store, clock, log }));
  await announce(config, localUrl, callers.local);
  takeDown.push(() => removeRunFile(config.dataDir));
  log.info({ url: localUrl, accounts: [...connectors.keys()], orchestrators: [...drivers.keys()] }, "ready");
  return {
    url: config.tls ? (publicUrl ?? localUrl) : localUrl,
    firstPin: () => drawFirstPin(journal, clock.now()),
    // Whoever reads this terminal started the hub; nobody needs to ask them who they are.
    signInLink: async () =>
      signInUrl(publicUrl ?? localUrl, (await createLink({ journal, now: clock.now() }, LOCAL_PERSON_ID, true)).secret),
    log,
    ...whoIsConnected([...connectors.keys()], hub.accounts.downBecause, redact),
    health,
    stop,
    lost: lease.lost,
    onLost: lease.onLost,
  };
}

type Telling = Pick<Making, "clock" | "log"> & { readonly journal: ReturnType<typeof createJournal>; readonly grants: Grants };

/** What other programs are to hear until they have: answers to their requests, and what they carry out. */
function keepTelling({ deploys }: Config, parts: Telling): (() => Promise<void>)[] {
  const post = createSignedPost({ clock: parts.clock, answerWithinMs: 10_000 });
  return [keepAnswering({ ...parts, call: createCallOut(parts.clock) }), keepHandingOver({ ...deploys, ...parts, ...post })];
}

function whoIsConnected(
  accounts: readonly string[],
  whyDown: (account: string) => string | undefined,
  redact: (text: string) => string,
): Pick<RunningHub, "connected" | "down"> {
  const isDown = (account: string): boolean => whyDown(account) !== undefined;
  return {
    connected: () => accounts.filter((account) => !isDown(account)),
    down: () => accounts.filter(isDown).map((account) => redact(`${account} is not connected: ${whyDown(account)}`)),
  };
}

/**
 * How this machine's own commands and agents reach the hub. Beside an encrypted port they have one of their own, on the loopback only and
 * picked by the system, so that none of them has to trust a certificate that may be nobody's but ours.
 */
async function openPorts(
  api: ReturnType<typeof createApi>,
  config: Config,
  { clock, log, takeDown }: Pick<Building, "clock" | "takeDown"> & { readonly log: Log },
): Promise<string> {
  const tls = config.tls && (await readTls(config.tls, { log, now: clock.now }));
  const open = async (at: Parameters<typeof listen>[1]): Promise<string> => {
    const { localUrl, close } = await listen(api, at);
    takeDown.push(close);
    return localUrl;
  };
  const url = await open({ host: config.host, port: config.port, tls });
  return tls ? open({ host: "127.0.0.1", port: 0 }) : url;
}

async function openGrants(config: Config, clock: Clock, stateOf: (namespace: string) => Keyv): Promise<Grants> {
  const seal = await openSeal({ dataDir: config.dataDir, given: config.sealKey });
  const issuer = config.publicUrl ?? `mos-hub:${config.tenantId}`;
  const longestMs = config.approvals.base.executionWindowMs;
  return createGrants({ state: stateOf("grants"), seal, issuer, longestMs, now: clock.now });
}

/** The store, owned by this process, with the people the configuration names. */
async function openJournal(config: Config, { clock, open, takeDown }: Pick<Building, "clock" | "open" | "takeDown">) {
  const store = await open({ url: config.databaseUrl, dataDir: config.dataDir });
  takeDown.push(() => store.close());
  const lease = await keepLease({ store, clock, name: "hub", holder: holderOf(config) });
  // A store that does not answer keeps nobody from stopping: a lease runs out by itself.
  takeDown.push(async () => void (await within(clock, RELEASE_MS, lease.release())));
  const origin = () => ({ tenantId: config.tenantId, host: hostname(), actorId: "hub", at: clock.now() });
  const journal = createJournal({ store, clock, tenantId: config.tenantId, host: hostname(), fenceOf: lease.fence });
  await settlePeople({ journal, config });
  return { store, lease, journal, stateOf: (namespace: string) => createKeyv(store, lease.fence, origin, namespace) };
}

interface Sights extends Pick<HandlerSettings, "aliasOf" | "redact" | "localUrl"> {
  readonly connectors: ReadonlyMap<string, Connector>;
}

function settingsOf(config: Config, { connectors, ...sights }: Sights): HandlerSettings {
  return {
    tenantId: config.tenantId,
    approvals: config.approvals,
    auditHeadTo: config.auditHeadTo,
    deploys: config.deploys.rules,
    queuePerSession: config.limits.queuePerSession,
    orchestrators: config.orchestrators,
    messagesPerMinute: config.limits.messagesPerMinute,
    pairingExpiryMs: config.pairing.expiryMs,
    localAccounts: localAccounts(config),
    publicUrl: config.publicUrl,
    canFollowLinks: (account) => connectors.get(account)?.can?.linksInAnswers === true,
    canWhisper: (account) => connectors.get(account)?.can?.whisper !== undefined,
    ...sights,
    homes: [...connectors].flatMap(([account, { homeChat: chat, homeThread: thread }]) =>
      chat === undefined ? [] : [{ account, chat, thread }],
    ),
  };
}

interface Making extends Pick<ConnectorContext, "files" | "hideSecrets"> {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly stateOf: (namespace: string) => ReturnType<typeof createKeyv>;
  readonly caughtUp: Hub["accounts"]["caughtUp"];
}

async function makeConnectors(
  config: Config,
  { clock, log, store, stateOf, files, hideSecrets, caughtUp }: Making,
): Promise<Map<string, Connector>> {
  const registry = createRegistry({ known: KNOWN_CONNECTOR_KINDS, ...KIND_DEFAULTS });
  await registerAll(
    registry,
    config.accounts.map(({ kind }) => kind),
  );
  for (const { kind, factory } of config.outside) registry.registerConnector(kind, factory);
  return new Map(
    config.accounts.map((login) => {
      const { account, config: block } = login;
      const own = log.child({ account });
      const context: ConnectorContext = {
        account,
        state: stateOf(`connector/${account}`),
        now: clock.now,
        setTimer: clock.setTimer,
        log: own,
        files,
        secrets: secretsOf(login, config),
        isBound: createIsBound(store, account),
        placesInUse: createPlacesInUse(store, placesNamed(config, account), account),
        caughtUp: (gap) => caughtUp(account, gap),
        hideSecrets,
        rights: createRights(store),
      };
      return [account, registry.createConnector(block, context)];
    }),
  );
}

/** Commands of this machine find the hub by this file. */
async function announce({ dataDir }: Config, localUrl: string, token: string): Promise<void> {
  await writeRunFile(dataDir, { url: localUrl, token, pid: process.pid });
}

/** The same for every life of a hub on this folder: the lease of one that was killed is its successor's at once. */
function holderOf({ dataDir }: Config): string {
  return `${hostname()}/${createHash("sha256").update(join(dataDir, "hub.db")).digest("hex").slice(0, 16)}`;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
