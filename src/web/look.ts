/**
 * Whether an address that somebody gave answers: the only place of the hub that asks one. It is resolved once, every address of it must be
 * allowed, and the connection goes to one that was looked at, so that no name can change its meaning in between; so again after each
 * redirect. Nothing of the hub goes along: no cookie, no token, no body. Of the answer only the status is taken.
 */
import { lookup } from "node:dns/promises";
import { request as askPlain } from "node:http";
import { request as askTls } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { type Clock, within } from "../clock.ts";
import type { UrlAnswer } from "../contract/deploys.ts";
import { failureWords } from "./failures.ts";
import { createReachable, type Reachable } from "./reachable.ts";

export interface LookOptions {
  readonly clock: Clock;
  /** See `createReachable`. */
  readonly allowed: readonly string[];
  /** For one address with its redirects. Default 10000. */
  readonly timeoutMs?: number;
  /** All addresses of a name. Default: the system's. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

const TIMEOUT_MS = 10_000;
const MOST_REDIRECTS = 5;
/** At once; the others wait their turn. */
const MOST_AT_ONCE = 8;
/** Protected is not broken. */
const ANSWERING = new Set([401, 403, 405, 407, 429]);

/** Never rejects. */
export type Look = (url: string) => Promise<UrlAnswer>;

export function createLook({ clock, allowed, timeoutMs = TIMEOUT_MS, resolve = resolveBySystem }: LookOptions): Look {
  const reachable = createReachable(allowed);
  const inTurn = createTurns(MOST_AT_ONCE);

  return (url) =>
    inTurn(async () => {
      const gone = new AbortController();
      try {
        const answer = await within(clock, timeoutMs, follow(url, { reachable, resolve, signal: gone.signal }));
        return answer ?? silent(`no answer within ${Math.round(timeoutMs / 1000)} s`);
      } catch (thrown) {
        return silent(reasonOf(thrown));
      } finally {
        gone.abort();
      }
    });
}

interface Asking {
  readonly reachable: Reachable;
  readonly resolve: (host: string) => Promise<readonly string[]>;
  readonly signal: AbortSignal;
}

async function follow(first: string, asking: Asking): Promise<UrlAnswer> {
  let url = first;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
    const target = URL.parse(url);
    if (!target || !/^https?:$/.test(target.protocol) || target.username || target.password)
      return { outcome: "refused", why: "it is no plain web address" };
    const host = target.hostname.replace(/^\[|\]$/g, "");
    const addresses = isIP(host) ? [host] : await asking.resolve(host);
    const whyNot = addresses.map((address) => asking.reachable.whyNot(host, address)).find((why) => why !== undefined);
    if (addresses.length === 0) return silent("its name has no address");
    if (whyNot !== undefined) return { outcome: "refused", why: whyNot };
    const { status, location } = await ask(target, addresses, asking.signal);
    if (location === undefined) return judge(status);
    url = URL.parse(location, target.href)?.href ?? "";
  }
  return silent(`more than ${MOST_REDIRECTS} redirects`);
}

function judge(status: number): UrlAnswer {
  return status < 400 || ANSWERING.has(status) ? { outcome: "answers", status } : silent(`it answers ${status}`);
}

function silent(why: string): UrlAnswer {
  return { outcome: "silent", why };
}

interface Answered {
  readonly status: number;
  /** Of a redirect. */
  readonly location: string | undefined;
}

/** The connection goes to the first of `addresses` that takes it, whatever the name means by then. */
function ask(url: URL, addresses: readonly string[], signal: AbortSignal): Promise<Answered> {
  const known = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first] = known;
  const pinned: LookupFunction = (_host, { all }, done) => (all ? done(null, known) : done(null, first?.address ?? "", first?.family));
  const headers = { "user-agent": "mos-hub (is this address live?)", accept: "*/*" };
  return new Promise((resolve, reject) => {
    const make = url.protocol === "https:" ? askTls : askPlain;
    const request = make(url, { method: "GET", agent: false, lookup: pinned, headers, signal, maxHeaderSize: 16 * 1024 });
    request.once("error", reject);
    request.once("response", ({ statusCode: status = 0, headers: { location } }) => {
      // The body is nobody's: the connection ends with the status.
      request.destroy();
      resolve({ status, location: status >= 300 && status < 400 ? location : undefined });
    });
    request.end();
  });
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return failureWords(code) ?? "it does not speak HTTP";
}

/** So many at once, in the order they came. */
function createTurns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async (work) => {
    if (busy >= most) await new Promise<void>((go) => waiting.push(go));
    busy += 1;
    try {
      return await work();
    } finally {
      busy -= 1;
      waiting.shift()?.();
    }
  };
}
