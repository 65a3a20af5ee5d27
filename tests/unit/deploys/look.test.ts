import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { createLook } from "../../../src/web/look.ts";
import { createReachable } from "../../../src/web/reachable.ts";

const HERE = "127.0.0.1";
const PRIVATE = ["10", "1", "2", "3"].join(".");

let server: Server;
let origin: string;
let port: number;
let heard: string[];
let answer: { status: number; location?: string };

beforeEach(async () => {
  heard = [];
  answer = { status: 200 };
  server = createServer((request, response) => {
    heard.push(`${request.method} ${request.headers.host}${request.url} ${Object.keys(request.headers).sort().join(",")}`);
    if (request.url === "/never") return;
    const isMoved = request.url === "/" && answer.location !== undefined;
    response.writeHead(isMoved ? 302 : answer.status, isMoved ? { location: answer.location } : {});
    response.end("x".repeat(100_000));
  });
  await new Promise<void>((resolve) => server.listen(0, HERE, resolve));
  port = (server.address() as AddressInfo).port;
  origin = `http://${HERE}:${port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const lookWith = (allowed: readonly string[], more: Partial<Parameters<typeof createLook>[0]> = {}) =>
  createLook({ clock: systemClock, allowed, ...more });

describe("what answers", () => {
  test.each([200, 204, 304, 401, 403])("%i is an answer", async (status) => {
    answer = { status };
    expect(await lookWith([HERE])(origin)).toEqual({ outcome: "answers", status });
  });

  test.each([404, 410, 500, 502, 503])("%i is none", async (status) => {
    answer = { status };
    expect(await lookWith([HERE])(origin)).toEqual({ outcome: "silent", why: `it answers ${status}` });
  });

  test("a name with an address at which nothing listens is asked at its others", async () => {
    const both = async (): Promise<string[]> => ["::1", HERE];
    expect(await lookWith(["shop.example.internal"], { resolve: both })(`http://shop.example.internal:${port}/`)).toEqual({
      outcome: "answers",
      status: 200,
    });
  });

  test("nothing of the hub goes along", async () => {
    await lookWith([HERE])(`${origin}/shop?x=1#secret`);
    expect(heard).toEqual([`GET ${HERE}:${port}/shop?x=1 accept,connection,host,user-agent`]);
  });

  test("silence, a port nobody listens at, an unknown name and no HTTP are words", async () => {
    expect(await lookWith([HERE], { timeoutMs: 200 })(`${origin}/never`)).toMatchObject({ outcome: "silent" });
    expect(await lookWith([HERE])(`http://${HERE}:1`)).toEqual({ outcome: "silent", why: "nothing listens there" });
    const unknown = async (): Promise<string[]> => Promise.reject(Object.assign(new Error(), { code: "ENOTFOUND" }));
    expect(await lookWith([], { resolve: unknown })("https://shop.example.com")).toEqual({
      outcome: "silent",
      why: "its name is not known",
    });
    expect(await lookWith([HERE])(`https://${HERE}:${port}`)).toMatchObject({ outcome: "silent" });
  });
});

describe("what is not asked", () => {
  test.each([
    ["this machine", "http://127.0.0.1:1/"],
    ["this machine otherwise written", "http://2130706433/"],
    ["and in hexadecimal", "http://0x7f.1/"],
    ["and in IPv6", "http://[::1]/"],
    ["and wrapped", "http://[::ffff:127.0.0.1]/"],
    ["a private network", `http://${PRIVATE}/`],
    ["a cloud's metadata", "http://169.254.169.254/latest/meta-data/"],
    ["the same by NAT64", "http://[64:ff9b::a9fe:a9fe]/"],
    ["no address", "http://0.0.0.0/"],
    ["another scheme", "file:///etc/passwd"],
    ["a password", "http://me:you@example.com/"],
  ])("%s", async (_what, url) => {
    expect(await lookWith([])(url)).toMatchObject({ outcome: "refused" });
  });

  test("a name one of whose addresses is private", async () => {
    const resolve = async (): Promise<string[]> => ["93.184.215.14", HERE];
    expect(await lookWith([], { resolve })(`http://shop.example.com:${port}/`)).toEqual({
      outcome: "refused",
      why: "its address is a private one",
    });
    expect(heard).toEqual([]);
  });

  test("what a redirect leads to, when that is private", async () => {
    answer = { status: 302, location: `http://localhost:${port}/inside` };
    const resolve = async (): Promise<string[]> => ["127.0.0.2"];
    expect(await lookWith([HERE], { resolve })(origin)).toEqual({ outcome: "refused", why: "its address is a private one" });
    expect(heard).toHaveLength(1);
  });

  test("a redirect without end", async () => {
    answer = { status: 302, location: "/" };
    expect(await lookWith([HERE])(origin)).toEqual({ outcome: "silent", why: "more than 5 redirects" });
    expect(heard).toHaveLength(6);
  });
});

describe("what is allowed", () => {
  test("a name: its private addresses, and the connection goes to the one that was looked at", async () => {
    let asked = 0;
    // The second meaning of the name is never asked for.
    const resolve = async (): Promise<string[]> => ((asked += 1) === 1 ? [HERE] : [PRIVATE]);
    const look = lookWith(["*.example.internal"], { resolve });
    expect(await look(`http://shop.example.internal:${port}/`)).toEqual({ outcome: "answers", status: 200 });
    expect(asked).toBe(1);
    expect(heard[0]).toContain(`GET shop.example.internal:${port}/`);
  });

  test("a name does not open the link-local network; naming the network does", () => {
    const named = createReachable(["metadata.example.internal"]);
    expect(named.whyNot("metadata.example.internal", "169.254.169.254")).toBeDefined();
    expect(named.whyNot("metadata.example.internal", PRIVATE)).toBeUndefined();
    expect(createReachable(["169.254.0.0/16"]).whyNot("x", "169.254.169.254")).toBeUndefined();
    expect(createReachable(["10.0.0.0/8"]).whyNot("x", PRIVATE)).toBeUndefined();
    expect(createReachable([]).whyNot("x", "93.184.215.14")).toBeUndefined();
  });
});
