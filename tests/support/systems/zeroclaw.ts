/**
 * A Sentinel on a ZeroClaw gateway, as its own documents describe it: it is called with signed messages, spawns specialists, and reports their lives
 * as hooks; children announce their end until they are heard. Strict about signatures and times; the same call twice is one message.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { callsTo, type HubDoor, type TurnDelivery, turnDelivery } from "./calls.ts";

const OLD_MS = 5 * 60_000;
const taken = z.strictObject({});

export interface Gateway {
  readonly url: string;
  readonly turns: TurnDelivery[];
  /** Calls refused for their signature or age. */
  readonly refused: string[];
  /** How often each delivery was made. */
  readonly calls: Map<string, number>;
  /** The next so many calls are taken, and their answer never comes. */
  loseAnswers(count: number): void;
  connect(door: HubDoor): void;
  hook(name: string, body: object): Promise<void>;
  report(session: string, events: readonly object[], key: string): Promise<void>;
  /** As a child does: again and again, whether it was heard or not. */
  announce(body: object): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function createGateway(secret: string): Promise<Gateway> {
  const turns: TurnDelivery[] = [];
  const refused: string[] = [];
  const calls = new Map<string, number>();
  let lost = 0;
  let port = 0;
  let hub: ReturnType<typeof callsTo> | undefined;
  let server = createServer();

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const {
      "webhook-id": id,
      "webhook-timestamp": at,
      "webhook-signature": signature,
    } = z
      .looseObject({ "webhook-id": z.string(), "webhook-timestamp": z.string(), "webhook-signature": z.string() })
      .parse(request.headers);
    const mac = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
      .update(`${id}.${at}.${body}`)
      .digest();
    const given = Buffer.from(signature.slice("v1,".length), "base64");
    const isOld = Math.abs(Date.now() - Number(at) * 1000) > OLD_MS;
    if (isOld || given.length !== mac.length || !timingSafeEqual(given, mac)) {
      refused.push(id);
      response.writeHead(401).end();
      return;
    }
    const said = JSON.parse(body) as { type: string };
    if (said.type !== "ping") {
      calls.set(id, (calls.get(id) ?? 0) + 1);
      if (said.type === "turn" && calls.get(id) === 1) turns.push(turnDelivery.parse(said));
    }
    if (said.type !== "ping" && lost > 0) {
      lost -= 1;
      request.socket.destroy();
      return;
    }
    response.writeHead(202).end();
  }

  async function start(): Promise<void> {
    server = createServer((request, response) => void take(request, response).catch(() => response.writeHead(400).end()));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  }

  const at = () => {
    if (!hub) throw new Error("the gateway does not know its hub");
    return hub;
  };
  const hook = async (name: string, body: object): Promise<void> => void (await at().post(`/hooks/${name}`, body, taken));

  await start();
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    turns,
    refused,
    calls,
    loseAnswers: (count) => void (lost = count),
    connect: (door) => void (hub = callsTo(door)),
    hook,
    report: async (session, events, key) =>
      void (await at().post("/events", { session, events }, z.strictObject({ asks: z.array(z.string()) }), key)),
    async announce(body) {
      for (let waitMs = 20, tries = 0; tries < 8; tries += 1, waitMs *= 2) {
        await hook("subagent_announce", body).catch(() => {});
        await pause(waitMs);
      }
    },
    start,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
