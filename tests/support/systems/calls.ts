/** How the stand-ins of other systems call the hub: plain HTTP in their own words, and strict about every answer. */
import { z } from "zod";

export interface HubDoor {
  readonly url: string;
  readonly token: string;
  readonly name: string;
}

export interface Calls {
  /** Throws for anything but success, and for an answer of another shape. */
  post<T>(path: string, body: unknown, answer: z.ZodType<T>, key?: string): Promise<T>;
  get<T>(path: string, answer: z.ZodType<T>): Promise<T>;
}

export class RefusedError extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(`${status} ${text}`);
    this.status = status;
  }
}

export function callsTo({ url, token, name }: HubDoor): Calls {
  async function call<T>(path: string, init: RequestInit, answer: z.ZodType<T>): Promise<T> {
    const at = path.startsWith("/v1/") || path.startsWith("/.") ? path : `/v1/orchestrators/${name}${path}`;
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", ...init.headers };
    const response = await fetch(`${url}${at}`, { ...init, headers, signal: AbortSignal.timeout(60_000) });
    if (!response.ok) throw new RefusedError(response.status, await response.text());
    return answer.parse(await response.json());
  }
  return {
    post: (path, body, answer, key) =>
      call(path, { method: "POST", body: JSON.stringify(body), headers: key === undefined ? {} : { "idempotency-key": key } }, answer),
    get: (path, answer) => call(path, {}, answer),
  };
}

export const turnDelivery = z.strictObject({
  id: z.string().min(1),
  session: z.string().min(1),
  type: z.literal("turn"),
  turn_id: z.string().min(1),
  attempt: z.number(),
  trace: z.string(),
  tenant_id: z.string(),
  text: z.string(),
  person: z.strictObject({ id: z.string(), name: z.string(), dir: z.string().regex(/^[a-z0-9-]+$/) }),
  attachments: z.array(z.unknown()),
});
export type TurnDelivery = z.output<typeof turnDelivery>;
