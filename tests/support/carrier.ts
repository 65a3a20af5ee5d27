/** A service that carries out what is approved for deploys: what it took, after it had looked at the signature, and how it answers. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const handedOver = z.object({
  id: z.string(),
  type: z.literal("carry_out"),
  action: z.looseObject({ do: z.string(), app: z.string(), deploy_id: z.string().optional(), hub_id: z.string() }),
  approval: z.object({ code: z.string(), digest: z.string(), decided_by: z.string() }),
  grant: z.string(),
});
export type HandedOver = z.output<typeof handedOver>;

export interface Carrier {
  /** For `post` of `deploys.carriers`. */
  readonly url: string;
  readonly secret: string;
  readonly taken: readonly HandedOver[];
  /** Bodies that were not signed as they should be. */
  readonly forged: readonly string[];
  /** It answers the next call so. Default: it takes it. */
  answer(status: number): void;
  /** While it is busy it answers 503, whatever else was said. */
  isBusy: boolean;
  close(): void;
}

export async function createCarrier(): Promise<Carrier> {
  const secret = "what-the-hub-and-its-ci-share";
  const taken: HandedOver[] = [];
  const forged: string[] = [];
  const answers: number[] = [];
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const body = (await buffer(request)).toString();
    if (!isSigned(secret, request.headers, body)) forged.push(body);
    const status = carrier.isBusy ? 503 : (answers.shift() ?? 202);
    if (status === 202) taken.push(handedOver.parse(JSON.parse(body)));
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/carry-out`;
  const carrier: Carrier = {
    url,
    secret,
    taken,
    forged,
    answer: (status) => void answers.push(status),
    isBusy: false,
    close: () => void server.close(),
  };
  return carrier;
}

/** As the specification of Standard Webhooks says. */
function isSigned(secret: string, headers: IncomingHttpHeaders, body: string): boolean {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = headers;
  const signed = createHmac("sha256", secret).update(`${String(id)}.${String(at)}.${body}`);
  return signature === `v1,${signed.digest("base64")}`;
}
