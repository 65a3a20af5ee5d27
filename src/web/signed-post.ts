/** A signed POST of JSON to an address that the configuration names. Redirects are not followed, since they could lead anywhere. */
import type { Clock } from "../clock.ts";
import { type CallResult, createCaller } from "./call.ts";
import { signatureHeaders } from "./signature.ts";

export interface SignedPost {
  /** `id`: the same for the same delivery, however often it is tried. Never rejects. */
  post(to: Recipient, id: string, value: unknown): Promise<CallResult>;
  /** Ends what is under way. */
  close(): void;
}

export interface Recipient {
  readonly url: string;
  readonly secret: string;
}

export function createSignedPost({ clock, answerWithinMs }: { readonly clock: Clock; readonly answerWithinMs: number }): SignedPost {
  const caller = createCaller({ clock, answerWithinMs });
  return {
    post({ url, secret }, id, value) {
      const body = JSON.stringify(value);
      const headers = { "content-type": "application/json", ...signatureHeaders(secret, { id, at: clock.now(), body }) };
      return caller.call(url, { method: "POST", headers, body });
    },
    close: caller.close,
  };
}
