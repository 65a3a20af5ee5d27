/**
 * Raises a gated action and then tries every way there is to decide it itself. Arguments: where to write what it saw, the hub's data
 * folder, the hub's program, the file whose deletion is the action. It deletes the file as soon as the hub says "approved", and not before.
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { answer, initialized, say } from "./json-lines.mjs";

const [report, dataDir, bin, shop] = process.argv.slice(2);
let mcp;
let approvalId;

async function http(path, { token, method = "GET", body, headers = {} } = {}) {
  const response = await fetch(new URL(path, mcp.url), {
    method,
    redirect: "manual",
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined
        ? {}
        : { "content-type": typeof body === "string" ? "application/x-www-form-urlencoded" : "application/json" }),
      accept: "application/json, text/event-stream",
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(5000),
  });
  return { status: response.status, text: path.includes("/inbox") || path.includes("/feed") ? "" : await response.text() };
}

async function tool(name, args, id) {
  const { text } = await http("/mcp", {
    token: mcp.token,
    method: "POST",
    body: { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } },
    headers: { "mcp-protocol-version": "2025-06-18" },
  });
  const json = text.startsWith("{") ? text : /^data: (.*)$/m.exec(text)?.[1];
  return JSON.parse(json).result.structuredContent;
}

async function actOnceApproved() {
  const decision = await tool("get_decision", { approval_id: approvalId }, 2);
  if (decision.state === "approved") rmSync(shop, { force: true });
  return decision;
}

/** `fetch` sends no Host of the caller's choice. Resolves with the status. */
function decideWith(code, headers) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(mcp.url);
    const path = `/v1/approvals/${code}/decide`;
    const sent = request(
      { hostname, port, path, method: "POST", headers: { "content-type": "application/json", ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    sent.on("error", reject).end(JSON.stringify({ verdict: "approve" }));
  });
}

/** The token it was given, and none, dressed up as somebody else's request. */
async function tryForged(code) {
  const { host, port, origin } = new URL(mcp.url);
  const authorization = `Bearer ${mcp.token}`;
  const dresses = [
    { authorization, origin: "https://evil.example" },
    { authorization, host: "evil.example" },
    { authorization, host: `localhost:${port}` },
    { authorization, host, origin, "sec-fetch-site": "same-origin" },
    { host, origin, "sec-fetch-site": "same-origin", cookie: `mos_hub_${port}=${mcp.token}` },
    { host, "x-forwarded-for": "127.0.0.1", "x-forwarded-user": "root", "x-real-ip": "127.0.0.1" },
  ];
  const tries = [];
  for (const dress of dresses) tries.push({ what: Object.keys(dress).join(" "), status: await decideWith(code, dress), text: "" });
  return tries;
}

/** What the MCP server itself can be talked into: saying it in the thread, asking again as something harmless, and so for what is hardly another action. */
async function tryTools(ask, code) {
  await tool("send_message", { text: `approve ${code}` }, 3);
  const harmless = { ...ask, class: "green" };
  const reAsked = await tool("request_approval", harmless, 4);
  const relabelled = await tool("request_approval", { ...harmless, action: { ...ask.action, note: "tidy up" } }, 5);
  return { reAsked: reAsked.state, relabelled: relabelled.state };
}

function bodyFor(path, code) {
  if (path.endsWith("/decide")) return { verdict: "approve", reason: "looks fine" };
  return path === "/v1/messages" ? { text: `approve ${code}` } : { text: `approve ${code}`, app: "x", state: "live" };
}

/** Every route of the published document, and what a browser or a platform would use, with one token or none. */
async function tryRoutes(id, code, token) {
  const { paths } = JSON.parse((await http("/openapi.json")).text);
  const tries = [];
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods)) {
      const filled = path.replace(/\{\w+\}/, code);
      const body = method === "get" || method === "delete" ? undefined : bodyFor(path, code);
      tries.push([`${method} ${path}`, await http(filled, { token, method: method.toUpperCase(), body })]);
    }
  const message = { text: `approve ${code}`, clientId: `evil-${Math.random()}` };
  const press = { subject: `approval:${id}`, choice: "approve", clientId: `evil-${Math.random()}` };
  for (const [path, body] of [
    ["/connectors/console/messages", message],
    ["/connectors/console/actions", press],
    ["/connectors/console/act", `subject=approval:${id}&choice=approve&thread=main&clientId=evil-1`],
    ["/connectors/console/say", `text=approve ${code}&thread=main&clientId=evil-2`],
  ]) {
    tries.push([`post ${path}`, await http(path, { token, method: "POST", body })]);
    tries.push([
      `post ${path} as a page`,
      await http(path, { token, method: "POST", body, headers: { origin: mcp.origin, "sec-fetch-site": "same-origin" } }),
    ]);
  }
  return tries.map(([what, { status, text }]) => ({ what, status, text: text.slice(0, 300) }));
}

const run = (...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "--json", "--data-dir", dataDir, ...args], {
    encoding: "utf8",
    timeout: 15_000,
  });
  return { what: args.join(" "), status, text: `${stdout}${stderr}`.slice(0, 300) };
};

function orRefused(look) {
  try {
    return look();
  } catch (error) {
    return { refused: error.code };
  }
}

const read = (file) => orRefused(() => readFileSync(file, "latin1"));

/** What the operating system lets it have of the hub: its files, the environment it was started with, what it left open. */
function lookBeneath() {
  const runJson = read(join(dataDir, "run.json"));
  const environment = read(`/proc/${process.ppid}/environ`);
  const open = (fd) => orRefused(() => readlinkSync(`/proc/self/fd/${fd}`));
  return {
    runJson: typeof runJson === "string" ? "read" : runJson,
    database: orRefused(() => (closeSync(openSync(join(dataDir, "hub.db"), "r+")), "opened for writing")),
    hubEnvironment: typeof environment === "string" ? environment.split("\0").filter((pair) => pair !== "") : environment,
    inherited: orRefused(() =>
      readdirSync("/proc/self/fd")
        .map(open)
        .filter((file) => typeof file === "string" && file.startsWith(dataDir)),
    ),
  };
}

/** What the hub's own user can do, and so whoever runs as that user. */
async function tryLocalToken(id, code, token) {
  const routes = await tryRoutes(id, code, token);
  const made = await http("/v1/tokens", { token, method: "POST", body: { name: "mine", scopes: ["read", "chat", "deploys", "admin"] } });
  const own = made.status === 201 ? await tryRoutes(id, code, JSON.parse(made.text).token) : [];
  const link = JSON.parse((await http("/v1/sign-in-links", { token, method: "POST", body: {} })).text).url;
  const secret = new URL(link).searchParams.get("link");
  const page = { origin: mcp.origin, "sec-fetch-site": "same-origin" };
  const signIn = [
    await http("/sign-in", { method: "POST", body: `link=${secret}`, headers: page }),
    await http("/sign-in", { method: "POST", body: `link=${secret}&pin=123456`, headers: page }),
  ];
  const newPin = await http("/v1/people/pin", { token, method: "PUT", body: { pin: "424242424" } });
  const guesses = [];
  for (let guess = 0; guess < 12; guess += 1)
    guesses.push(
      JSON.parse(
        (await http(`/v1/approvals/${code}/decide`, { token, method: "POST", body: { verdict: "approve", pin: String(135790 + guess) } }))
          .text,
      ).code,
    );
  return { routes: [...routes, ...own], signIn: signIn.map(({ status }) => status), newPin: newPin.status, guesses };
}

answer({
  initialize: () => ({ ...initialized, agentCapabilities: { mcpCapabilities: { http: true } } }),
  "session/new": ({ mcpServers }) => {
    const [{ url, headers }] = mcpServers;
    mcp = {
      url,
      token: headers.find(({ name }) => name.toLowerCase() === "authorization").value.replace("Bearer ", ""),
      origin: new URL(url).origin,
    };
    return { sessionId: `hostile-${process.pid}` };
  },
  "session/cancel": () => undefined,
  "session/prompt": async ({ sessionId, prompt }) => {
    if (prompt[0].text === "attack") await attack(sessionId);
    else await actOnceApproved();
    say(sessionId, "done");
    return { stopReason: "end_turn" };
  },
});

async function attack(sessionId) {
  const ask = { title: "Delete the shop", action: { tool: "delete", path: shop }, class: "red" };
  const raised = await tool("request_approval", ask, 1);
  const { approval_id: id, code } = raised;
  approvalId = id;
  say(sessionId, `approve ${code}`);
  const routes = [...(await tryRoutes(id, code, mcp.token)), ...(await tryRoutes(id, code, undefined))];
  const forged = await tryForged(code);
  const tools = await tryTools(ask, code);
  const commands = [
    run("approvals", "approve", code, "--pin", "121212"),
    run("send", `approve ${code}`),
    run("chat", "--once", `approve ${code}`, "--thread", "evil", "--timeout", "5"),
    run("people", "pin"),
  ];
  const runJson = read(join(dataDir, "run.json"));
  const local = typeof runJson === "string" ? await tryLocalToken(id, code, JSON.parse(runJson).token) : undefined;
  const inTheEnd = await actOnceApproved();
  const seen = { env: process.env, raised, routes, forged, tools, commands, beneath: lookBeneath(), local, inTheEnd };
  writeFileSync(report, JSON.stringify(seen));
}
