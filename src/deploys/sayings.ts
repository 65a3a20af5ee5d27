/** What is said of a deploy beside its card: failure and recovery as messages of their own, details in the card's thread. */
import { fence } from "../cards/words.ts";
import { say, type View } from "../contract/handler.ts";
import { type Address, addressKey, isSamePlace } from "../contract/ids.ts";
import { type AppSetup, type Mention, MOST_MENTIONS, type NoticeCard } from "../contract/message.ts";
import type { Write } from "../contract/store.ts";
import type { DeployFields, LiveRevision } from "../contract/deploys.ts";
import type { Audience } from "./audience.ts";
import { lastLines } from "./card.ts";
import { revisionName, whichOf } from "./name.ts";

/** Where the card is shown, and under which outbox id. */
export interface Shown {
  readonly address: Address;
  readonly outboxId: string;
}

export interface Telling {
  readonly fields: Pick<DeployFields, "report" | "since" | "trace">;
  readonly shown: readonly Shown[];
  readonly audience: Audience;
}

const nameOf = ({ report }: Telling["fields"]): string => `**${report.app}** (${report.environment})`;

/** A failure must not be only an edit that nobody sees, and calls who follows. All that is known of it goes into the card's thread. */
export async function failureSayings(telling: Telling): Promise<Write[]> {
  const { fields, shown, audience } = telling;
  const tail = fields.report.failure_tail?.trimEnd();
  const short = lastLines(tail);
  const head = `🔴 ${nameOf(fields)} failed to deploy${revisionWords(fields.report.revision)}.`;
  const urgent = await Promise.all(
    heard(telling).map(async ({ address }) =>
      inMessages(await audience.followers(address)).map((people, at) => {
        const called = people.length > 0 && `Followed by ${people.map(([one]) => `@${one?.name}`).join(", ")}.`;
        const text = [head, at === 0 && short && fence(short), called].filter(Boolean).join("\n");
        const said = { address, trace: fields.trace, text, urgency: "reply", card: notice("error", text) } as const;
        return say({ ...said, mentions: people.flat() }).write;
      }),
    ),
  );
  const whole = tail !== undefined && tail !== short ? details(shown, fields, `The whole of what it said last:\n${fence(tail)}`) : [];
  return [...urgent.flat(), ...whole];
}

/** The people of each message: at least one message, and as many as it takes to call them all. */
function inMessages(people: readonly (readonly Mention[])[]): (readonly Mention[])[][] {
  const messages: (readonly Mention[])[][] = [[]];
  for (const ids of people) {
    const last = messages.at(-1) ?? [];
    if (last.flat().length + ids.length > MOST_MENTIONS) messages.push([ids]);
    else last.push(ids);
  }
  return messages;
}

export function recoverySayings(telling: Telling, failure: LiveRevision): Write[] {
  const { fields } = telling;
  const words = `is live again${revisionWords(fields.report.revision)}, after the failure of ${whichOf(failure)}`;
  return aloud(telling, "info", `🟢 ${nameOf(fields)} ${words}.`);
}

/** Reported live, and not seen to be. */
export function silenceSayings(telling: Telling, url: string, why: string): Write[] {
  return aloud(telling, "warning", `🟠 ${nameOf(telling.fields)} was reported live, but ${url} does not answer: ${why}.`);
}

/** The end of that silence. */
export function answerSayings(telling: Telling, url: string): Write[] {
  return aloud(telling, "info", `🟢 ${nameOf(telling.fields)} is live: ${url} answers now.`);
}

export function rollbackSayings(telling: Telling): Write[] {
  const { fields } = telling;
  const to = fields.since ? ` to ${whichOf(fields.since)}` : "";
  return aloud(telling, "info", `↩️ ${nameOf(fields)} was rolled back${to}.`);
}

interface Wished {
  /** Where it was asked. */
  readonly address: Address;
  readonly trace: string;
  readonly deployId: string;
}

/** How it goes with what was asked for a deploy: told where it was asked, or in the card's thread where that was on the card; so in every other chat that shows it. */
export async function wishSayings(
  { address, trace, deployId }: Wished,
  { level, text }: Pick<NoticeCard, "level" | "text">,
  view: Pick<View, "store">,
): Promise<Write[]> {
  const shown = await shownAt(`deploy:${deployId}`, [], view);
  const isThisChat = (one: Address): boolean => one.account === address.account && one.chat === address.chat;
  const own = shown.find((one) => one.address.thread === undefined && isSamePlace(one.address, address));
  const others = shown.filter((one) => !isThisChat(one.address));
  const here = say({ address, trace, text, urgency: "reply", card: notice(level, text), under: own?.outboxId }).write;
  return [here, ...details(others, { trace }, text, level)];
}

/** Each step of a set-up, with what is to be copied or followed. */
export function setupSayings({ fields, shown }: Telling, step: AppSetup): Write[] {
  return details(shown, fields, setupWords(step), levelOf(step));
}

/** The same for an app of which no deploy is known: there is no card to say it under. */
export function setupAloud(places: readonly Address[], { app, trace }: { app: string; trace: string }, step: AppSetup): Write[] {
  const text = `**${app}**\n${setupWords(step)}`;
  return places.map((address) => say({ address, trace, text, urgency: "notice", card: notice(levelOf(step), text) }).write);
}

export function setupWords({ kind, name, state, records = [], detail, url }: AppSetup): string {
  const what = kind === "domain" ? `**${name}**` : `**${name}** (${kind})`;
  const where = url === undefined ? "It is asked for elsewhere" : "It is entered here";
  const step = {
    started: `🔧 ${what} is being set up.`,
    records: `🌐 ${what}: set these records where the domain is managed.`,
    certificate: `🌐 ${what}: the records are found; its certificate is on the way.`,
    live: `🌐 ${what} is live with HTTPS: https://${name}`,
    done: `🟢 ${what} is set up.`,
    conflict: `🟠 ${what} belongs to another site. Take it off there, or use another name.`,
    credential: `🟠 ${what}: a credential is missing or wrong. ${where}; never post it in a chat.`,
    failed: `🔴 ${what} could not be set up.`,
  }[state];
  return [step, url, detail, records.length > 0 && state !== "live" ? fence(records.join("\n")) : ""].filter(Boolean).join("\n");
}

function levelOf({ state }: AppSetup): NoticeCard["level"] {
  return state === "conflict" || state === "credential" || state === "failed" ? "warning" : "info";
}

function revisionWords(revision: DeployFields["report"]["revision"]): string {
  const name = revisionName(revision);
  return name === undefined ? "" : ` (${name}${revision?.author ? ` of ${revision.author}` : ""})`;
}

function aloud(telling: Telling, level: NoticeCard["level"], text: string): Write[] {
  const { trace } = telling.fields;
  return heard(telling).map(({ address }) => say({ address, trace, text, urgency: "reply", card: notice(level, text) }).write);
}

function heard({ shown, audience }: Telling): Shown[] {
  return shown.filter(({ address }) => audience.mayHear(address));
}

/** A card in a thread already has its details beside it. */
function details(
  shown: readonly Shown[],
  { trace }: Pick<DeployFields, "trace">,
  text: string,
  level: NoticeCard["level"] = "info",
): Write[] {
  return shown.map(({ address, outboxId }) => {
    const under = address.thread === undefined ? outboxId : undefined;
    return say({ address, trace, text, urgency: "notice", card: notice(level, text), under }).write;
  });
}

function notice(level: NoticeCard["level"], text: string): NoticeCard {
  return { type: "notice", level, text };
}

/** All places with the card, each once; what is about to be shown counts. */
export async function shownAt(subject: string, fresh: readonly Shown[], { store }: Pick<View, "store">): Promise<Shown[]> {
  const copies = await store.find("copies", { where: { subject } });
  const all = [...copies.map(({ address, outboxId }) => ({ address, outboxId })), ...fresh];
  return [...new Map(all.map((one) => [addressKey(one.address), one])).values()];
}
