/** The one call the hub makes to an address that a program gave. Who calls this has checked that the configuration lists it. */
import type { Clock } from "../clock.ts";

/** How long a receiver may take. */
const ANSWER_MS = 10_000;

/** Posts a signed answer; redirects are not followed, since they could lead anywhere. Never rejects: false where it was not taken. */
export function createCallOut(clock: Clock): (url: string, signed: string, ended: AbortSignal) => Promise<boolean> {
  return async (url, signed, ended) => {
    const timeUp = new AbortController();
    const cancel = clock.setTimer(ANSWER_MS, () => timeUp.abort());
    try {
      const headers = { "content-type": "application/jwt" };
      const response = await fetch(url, {
        method: "POST",
        headers,
        body: signed,
        redirect: "error",
        signal: AbortSignal.any([timeUp.signal, ended]),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    } finally {
      cancel();
    }
  };
}
