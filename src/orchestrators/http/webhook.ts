/** Deliveries as signed calls: each is a POST of the same JSON that an orchestrator fetches, and 2xx says that it has it. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { DriverHealth } from "../../contract/orchestrator.ts";
import type { Carried, Carrier } from "./carrier.ts";
import { type CallResult, createCaller } from "./call.ts";
import { signatureHeaders } from "./signature.ts";

export interface WebhookParts {
  readonly url: string;
  readonly secret: string;
  readonly clock: Clock;
  readonly answerWithinMs: number;
}

export function createWebhook({ url, secret, clock, answerWithinMs }: WebhookParts): Carrier {
  const caller = createCaller({ clock, answerWithinMs });

  function post(id: string, value: unknown): Promise<CallResult> {
    const body = JSON.stringify(value);
    const headers = { "content-type": "application/json", ...signatureHeaders(secret, { id, at: clock.now(), body }) };
    return caller.call(url, { method: "POST", headers, body });
  }

  return {
    carry: async (body) => carriedBy(await post(body.id, body)),
    async health(): Promise<DriverHealth> {
      const result = await post(randomUUID(), { type: "ping" });
      if ("status" in result && result.status < 300) return { answered: true, lastAnswerAt: clock.now() };
      return { answered: false, detail: "status" in result ? `it answers ${result.status} at ${url}` : `${url}: ${result.failed}` };
    },
    close: caller.close,
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
