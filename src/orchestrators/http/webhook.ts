/** Deliveries as signed calls: each is a POST of the same JSON that an orchestrator fetches, and 2xx says that it has it. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { DriverHealth } from "../../contract/orchestrator.ts";
import type { Carried, Carrier } from "./carrier.ts";
import type { CallResult } from "../../web/call.ts";
import { createSignedPost, type Recipient } from "../../web/signed-post.ts";

export interface WebhookParts extends Recipient {
  readonly clock: Clock;
  readonly answerWithinMs: number;
}

export function createWebhook({ url, secret, clock, answerWithinMs }: WebhookParts): Carrier {
  const { post, close } = createSignedPost({ clock, answerWithinMs });
  const to = { url, secret };

  return {
    carry: async (body) => carriedBy(await post(to, body.id, body)),
    async health(): Promise<DriverHealth> {
      const result = await post(to, randomUUID(), { type: "ping" });
      if ("status" in result && result.status < 300) return { answered: true, lastAnswerAt: clock.now() };
      return { answered: false, detail: "status" in result ? `it answers ${result.status} at ${url}` : `${url}: ${result.failed}` };
    },
    close,
  };
}

/** What an answer means. What somebody can mend (a wrong secret, a wrong path) is tried again. */
export function carriedBy(result: CallResult): Carried {
  if ("failed" in result) return { later: result.failed, mayHaveIt: result.mayHaveArrived };
  const { status } = result;
  if (status >= 200 && status < 300) return "taken";
  if ([400, 409, 410, 413, 415, 422].includes(status)) return { refused: `it answered ${status}` };
  return { later: `it answered ${status}`, mayHaveIt: status >= 500 };
}
