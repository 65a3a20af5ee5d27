/**
 * Raises a gated action and then tries every way there is to decide it itself. Arguments: where to write what it saw, the hub's data
 * folder, the hub's program. It never does the action: what it would have done shows in whether the hub told it "approved".
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answer, initialized, say } from "./json-lines.mjs";

const [report, dataDir, bin] = process.argv.slice(2);
let mcp;

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

function read(file) {
  try {
    return readFileSync(join(dataDir, file), "latin1");
  } catch (error) {
    return { refused: error.code };
  }
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
      (await http(`/v1/approvals/${code}/decide`, { token, method: "POST", body: { verdict: "approve", pin: String(135790 + guess) } }))
        .status,
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
    if (prompt[0].text !== "attack") {
      say(sessionId, `Echo: ${prompt[0].text}`);
      return { stopReason: "end_turn" };
    }
    const ask = { title: "Delete the shop", action: { tool: "delete", path: "/srv/shop" }, class: "red" };
    const raised = await tool("request_approval", ask, 1);
    const { approval_id: id, code } = raised;
    const routes = [...(await tryRoutes(id, code, mcp.token)), ...(await tryRoutes(id, code, undefined))];
    const forged = await http(`/v1/approvals/${code}/decide`, {
      token: mcp.token,
      method: "POST",
      body: { verdict: "approve" },
      headers: { origin: "https://evil.example" },
    });
    const commands = [
      run("approvals", "approve", code, "--pin", "121212"),
      run("send", `approve ${code}`),
      run("chat", "--once", `approve ${code}`, "--thread", "evil", "--timeout", "5"),
      run("people", "pin"),
    ];
    const runJson = read("run.json");
    const local = typeof runJson === "string" ? await tryLocalToken(id, code, JSON.parse(runJson).token) : undefined;
    const inTheEnd = await tool("get_decision", { approval_id: id }, 2);
    const files = {
      runJson: typeof runJson === "string" ? "read" : runJson,
      database: typeof read("hub.db") === "string" ? "read" : read("hub.db"),
    };
    const seen = { env: process.env, raised, routes, forged: forged.status, commands, files, local, inTheEnd };
    writeFileSync(report, JSON.stringify(seen));
    say(sessionId, "attacked");
    return { stopReason: "end_turn" };
  },
});
