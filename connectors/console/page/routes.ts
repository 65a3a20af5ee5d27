/**
 * The requests of the web page: what it shows, the files, and the forms that work without script. Loaded when somebody first opens it.
 * A form is answered with a redirect back to its thread; words for the sender alone are shown there once.
 */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { HubError } from "../../../src/contract/errors.ts";
import { type Call, parse, readForm, readJson, type Route, statusOf } from "../call.ts";
import { actionRequest, feedQuery, messageRequest, type Sender } from "../decode.ts";
import { encodeThread } from "../encode.ts";
import type { ThreadSummary } from "../entry.ts";
import { EVENT_STREAM } from "../feed.ts";
import type { MessageLog } from "../log.ts";
import { clientId, MAIN_THREAD, threadId } from "../ids.ts";
import { type Inward, type Outcome, takeAction, takeMessage } from "../take.ts";
import { answerAsset, type Assets, readAssets } from "./assets.ts";
import { conversationPage, foundPage, type Frame, problemDocument, threadsPage } from "./document.ts";
import { actionForm, messageForm } from "./forms.ts";
import { renderFound, wordsIn } from "./found.ts";
import { openLive } from "./live.ts";
import type { Html } from "./markup.ts";
import { search } from "./search.ts";
import { readerOf, seenBy } from "./rights.ts";
import { threadPath, THREADS_SHOWN } from "./threads.ts";
import { giveFile, readFormWithFiles, takeFiles } from "./transfer.ts";

/** Messages shown at once. */
const MESSAGES_SHOWN = 50;
/** A message that was looked for is shown with so many later ones below it, for which so many entries are read at once. */
const BELOW = 8;
const LOOKED_AT = 200;

const wholeNumber = z.coerce.number().int().nonnegative();
const threadQuery = z.object({ before: wholeNumber.optional(), around: wholeNumber.optional() });
const findQuery = z.object({
  q: z.string().trim().max(200).default(""),
  from: threadId.optional(),
  only: z.literal("yes").optional(),
  before: wholeNumber.optional(),
});
const listQuery = z.object({ shown: wholeNumber.max(100_000).default(THREADS_SHOWN) });
const readRequest = z.strictObject({ thread: threadId, upTo: z.number().int().nonnegative() });
const beginForm = z.object({ title: z.string().trim().min(1).max(120) });

export interface Page {
  readonly routes: Readonly<Record<string, Route>>;
  readonly showProblem: (error: HubError, home: string) => Promise<Response>;
}

export function createPage(): Page {
  let reading: Promise<Assets> | undefined;
  const assets = (): Promise<Assets> => (reading ??= readAssets());
  const assetsPath = async (home: string): Promise<string> => `${home}/page/${(await assets()).version}`;

  async function frameOf(inward: Inward, { home, sender }: Call): Promise<Frame> {
    const { log, marks, blobs } = inward;
    const reader = { ...(await readerOf(inward, sender, home)), name: sender.name };
    const [threads, reading] = await Promise.all([log.threads(), marks.reading(sender.id)]);
    return { reader, assets: await assetsPath(home), threads, reading, mostFileBytes: blobs.maxBytes };
  }

  return {
    routes: {
      "GET /": async (inward, call) => showConversation(inward, { ...call, id: MAIN_THREAD }, await frameOf(inward, call)),
      "GET /t": async (inward, call) =>
        answer(threadsPage({ ...(await frameOf(inward, call)), shown: parse(listQuery, call.query).shown })),
      "GET /t/:id": async (inward, call) => showConversation(inward, call, await frameOf(inward, call)),
      "GET /find": async (inward, call) => showFound(inward, call, await frameOf(inward, call)),
      "GET /live": showLive,
      "GET /page/:id/:file": async (_inward, { request, id = "", file = "" }) => {
        const found = answerAsset(await assets(), { version: id, name: file, etag: request.headers.get("if-none-match") });
        if (found === undefined) throw new HubError("not_found", { what: "file", id: file });
        return found;
      },
      "POST /files": takeFiles,
      "GET /files/:id": giveFile,
      "POST /say": say,
      "POST /act": act,
      "POST /begin": begin,
      "POST /read": takeRead,
    },
    showProblem: async (error, home) => answer(problemDocument(error, { home, assets: await assetsPath(home) }), statusOf(error)),
  };
}

async function answer(page: Html, status = 200): Promise<Response> {
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response((await page).toString(), { status, headers });
}

async function threadOf({ log }: Inward, id: string | undefined): Promise<ThreadSummary> {
  const wanted = parse(threadId, id);
  const thread = await log.thread(wanted);
  if (thread === undefined) throw new HubError("not_found", { what: "thread", id: wanted });
  return thread;
}

async function showConversation(inward: Inward, { id, query, sender }: Call, frame: Frame): Promise<Response> {
  const { around, ...asked } = parse(threadQuery, query);
  // Read before the messages: what comes in between is sent again by the live updates, and changes nothing.
  const head = await inward.log.head();
  const thread = await threadOf(inward, id);
  const before = around === undefined ? asked.before : await endAfter(inward.log, thread, around);
  const messages = await inward.log.page(thread, { viewer: sender.id, limit: MESSAGES_SHOWN, before });
  const conversation = {
    thread,
    messages: await Promise.all(messages.map((message) => seenBy(inward, frame.reader, message))),
    head,
    before: messages.length === MESSAGES_SHOWN ? messages[0]?.n : undefined,
    isLatest: before === undefined,
    words: await inward.marks.takeWords(sender.id, thread.id),
    formId: randomUUID(),
  };
  // Of who may not write nothing but looking says so; see reading.js.
  if (!frame.reader.mayTalk) await markRead(inward, sender, thread.id, head);
  return answer(conversationPage(frame, conversation));
}

/** Where the page ends that has some later messages below the one of this number; undefined: it is among the last ones. */
async function endAfter(log: MessageLog, thread: ThreadSummary, n: number): Promise<number | undefined> {
  const later: number[] = [];
  for (let from = n; from < thread.lastMessage; from += LOOKED_AT) {
    for (const entry of await log.read(from, LOOKED_AT)) if (entry.type === "message" && entry.threadId === thread.id) later.push(entry.n);
    if (later.length > BELOW) return later[BELOW];
  }
  return undefined;
}

async function showFound(inward: Inward, { request, query, sender }: Call, frame: Frame): Promise<Response> {
  const { q, from: fromId, only, before } = parse(findQuery, query);
  const words = wordsIn(q);
  if (words.length === 0) return seeOther(`${frame.reader.home}/t`);
  const from = fromId === undefined ? undefined : await threadOf(inward, fromId);
  const asked = { words: q, from, isOnlyThere: only !== undefined && from !== undefined, before };
  const inThread = asked.isOnlyThere ? fromId : undefined;
  const found = await search(inward, { words, threadId: inThread, before, viewer: sender.id, signal: request.signal });
  const titles = new Map(frame.threads.map(({ id, title }) => [id, title]));
  return answer(foundPage(frame, { from, words: q, found: renderFound(asked, found, { reader: frame.reader, titles }) }));
}

async function showLive(inward: Inward, { request, query, sender, home }: Call): Promise<Response> {
  const { after, thread = MAIN_THREAD } = parse(feedQuery, {
    ...query,
    ...(request.headers.has("last-event-id") ? { after: request.headers.get("last-event-id") } : {}),
  });
  const view = { reader: await readerOf(inward, sender, home), threadId: thread };
  return new Response(await openLive(inward, view, after), { headers: EVENT_STREAM });
}

async function say(inward: Inward, call: Call): Promise<Response> {
  const { sender, home } = call;
  const form = await readFormWithFiles(inward, call);
  const { thread, text, formId } = messageForm(form.fields, form.files);
  const message = parse(messageRequest, { text, thread, clientId: formId, files: form.files.map(({ id }) => id) });
  const outcome = await settle(() => takeMessage(inward, message, sender));
  await tell(inward, { sender, thread: message.thread, outcome, draft: text });
  // Who speaks at the end of a thread has read it; without script nothing else says so.
  if (!("refused" in outcome)) await markRead(inward, sender, message.thread, Number.MAX_SAFE_INTEGER);
  return seeOther(threadPath(home, message.thread));
}

async function act(inward: Inward, { request, sender, home }: Call): Promise<Response> {
  const { at, ...pressed } = actionForm(await readForm(request));
  const action = parse(actionRequest, { ...pressed, clientId: randomUUID() });
  const outcome = await settle(() => takeAction(inward, action, sender));
  await tell(inward, { sender, thread: action.thread, outcome });
  return seeOther(`${threadPath(home, action.thread)}${parse(clientId.optional(), at) === undefined ? "" : `#${at}`}`);
}

/** What the hub could not take is told as a refusal is: the person sends it again. */
async function settle(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof HubError)) throw thrown;
    return { refused: `${thrown.message} ${thrown.remedy}` };
  }
}

interface Telling {
  readonly sender: Sender;
  readonly thread: string;
  readonly outcome: Outcome;
  readonly draft?: string;
}

async function tell({ marks }: Inward, { sender, thread, outcome, draft }: Telling): Promise<void> {
  if ("refused" in outcome)
    return marks.leaveWords(sender.id, thread, { text: outcome.refused, refused: true, ...(draft ? { draft } : {}) });
  if (outcome.privateText !== undefined) await marks.leaveWords(sender.id, thread, { text: outcome.privateText, refused: false });
}

async function begin({ log, now, hideSecrets }: Inward, { request, home }: Call): Promise<Response> {
  const { title } = parse(beginForm, Object.fromEntries(await readForm(request)));
  const { threadId } = await log.append(encodeThread(hideSecrets(title), undefined, now()));
  return seeOther(threadPath(home, threadId));
}

async function takeRead(inward: Inward, { request, sender }: Call): Promise<Response> {
  const { thread, upTo } = parse(readRequest, await readJson(request));
  await markRead(inward, sender, thread, upTo);
  return new Response(null, { status: 204 });
}

async function markRead({ log, marks, audience }: Inward, sender: Sender, thread: string, upTo: number): Promise<void> {
  const [head, threads] = await Promise.all([log.head(), log.threads()]);
  const ids = threads.map(({ id }) => id);
  const isFurther = await marks.read(sender.id, { threadId: thread, upTo: Math.min(upTo, head), threads: ids });
  if (isFurther) audience.show({ type: "read", threadId: thread, reader: sender.id });
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}
