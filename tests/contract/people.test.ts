/** Changing people over the hub's port: who may, how they prove it, and what ends with a role. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import { runFile } from "../../src/cli/hub-client.ts";
import { type InProcessHub, PIN, startInProcess } from "../support/in-process-hub.ts";

let inside: InProcessHub;
let local: string;
beforeAll(async () => {
  inside = await startInProcess("operators:\n  - { name: Ada, roles: [admin] }\n  - { name: Olga, roles: [operator] }");
  local = runFile.parse(JSON.parse(await readFile(join(inside.dataDir, "run.json"), "utf8"))).token;
});
afterAll(() => inside.end());

/** A browser in which the person has signed in. */
async function cookieOf(person: string): Promise<string> {
  const { url } = await inside.client.people.signInLink({ person, pin: PIN });
  const body = new URLSearchParams({ link: new URL(url).searchParams.get("link") ?? "" });
  const answer = await fetch(`${inside.url}/sign-in`, { method: "POST", body, headers: { origin: inside.url }, redirect: "manual" });
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

async function call(path: string, { body, ...credential }: { body?: object; cookie?: string; authorization?: string }) {
  const headers = { "content-type": "application/json", origin: inside.url, ...credential };
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`${inside.url}${path}`, { headers, ...sent });
  return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) };
}

const tokenOf = async (person: string, scopes: ("admin" | "chat" | "read")[]) =>
  (await inside.client.tokens.create({ name: `of ${person}`, scopes, person })).token;

describe("people are changed", () => {
  test("by an admin who is signed in, without a PIN, and the log names them", async () => {
    const cookie = await cookieOf("Ada");
    expect(await call("/v1/people", { cookie, body: { name: "Nils", roles: ["viewer"] } })).toMatchObject({
      status: 201,
      name: "Nils",
      dir: "nils",
    });
    const ada = await inside.client.people.get("Ada");
    const { entries } = await inside.client.audit.list(5);
    const added = entries.find(({ what }) => what === "person.added");
    expect(added).toMatchObject({ actorId: ada.id, facts: { name: "Nils", roles: "viewer", via: "console" } });
  });

  test("by nobody who holds but a token, the local one or an admin's own, and by no operator however they are signed in", async () => {
    const body = { name: "Intruder", roles: ["approver"] };
    expect(await call("/v1/people", { authorization: `Bearer ${local}`, body })).toMatchObject({ status: 403, code: "admin_pin_needed" });
    const ofAda = await tokenOf("Ada", ["admin"]);
    expect(await call("/v1/people", { authorization: `Bearer ${ofAda}`, body })).toMatchObject({ status: 403, code: "admin_pin_needed" });
    const guess = { ...body, pin: "000000" };
    expect(await call("/v1/people", { authorization: `Bearer ${local}`, body: guess })).toMatchObject({ status: 403, code: "pin_wrong" });
    // The PIN of who sits at the machine proves nobody else.
    const borrowed = await call("/v1/people", { authorization: `Bearer ${ofAda}`, body: { ...body, pin: PIN } });
    expect(borrowed).toMatchObject({ status: 404, code: "not_found" });
    expect(await call("/v1/people", { cookie: await cookieOf("Olga"), body })).toMatchObject({ status: 403, code: "not_allowed" });
    const { people } = await inside.client.people.list();
    expect(people.map(({ name }) => name)).not.toContain("Intruder");
  });

  test("not by another site that uses an admin's browser", async () => {
    const headers = { "content-type": "application/json", cookie: await cookieOf("Ada"), origin: "https://elsewhere.example" };
    const body = JSON.stringify({ name: "Intruder", roles: ["admin"] });
    expect((await fetch(`${inside.url}/v1/people`, { method: "POST", headers, body })).status).toBe(403);
  });
});

test("with the person go their cookies, tokens and open streams, at once", async () => {
  await inside.client.people.add({ name: "Rita", roles: ["operator"], pin: PIN });
  const cookie = await cookieOf("Rita");
  const token = await tokenOf("Rita", ["chat", "read"]);
  const mine = createClient({ where: () => ({ url: inside.url, token }) });
  expect((await mine.people.get("Rita")).name).toBe("Rita");
  const feed = await fetch(`${inside.url}/connectors/console/feed`, { headers: { cookie } });
  const ended = (async () => {
    for await (const _ of feed.body ?? []);
    return "ended";
  })();
  await inside.client.people.remove("Rita", { pin: PIN });
  expect(await ended).toBe("ended");
  expect(await call("/v1/people", { cookie })).toMatchObject({ status: 401 });
  await expect(mine.people.list()).rejects.toMatchObject({ code: "not_signed_in" });
  expect((await inside.client.tokens.list()).tokens.filter(({ name }) => name === "of Rita")).toEqual([]);
});

test("a role that is taken away takes what a token could do with it", async () => {
  await inside.client.people.add({ name: "Timo", roles: ["admin"], pin: PIN });
  const authorization = `Bearer ${await tokenOf("Timo", ["admin", "read"])}`;
  expect(await call("/v1/pairings", { authorization })).toMatchObject({ status: 200, pairings: [] });
  await inside.client.people.setRoles("Timo", { roles: ["viewer"], pin: PIN });
  expect(await call("/v1/pairings", { authorization })).toMatchObject({ status: 403 });
  await inside.client.people.setRoles("Timo", { roles: [], pin: PIN });
  expect(await call("/v1/people", { authorization })).toMatchObject({ status: 401 });
});

test("what the configuration says is changed in the file, and this machine keeps its operator", async () => {
  await expect(inside.client.people.remove("Olga", { pin: PIN })).rejects.toMatchObject({ code: "person_fixed", status: 403 });
  const { people } = await inside.client.people.list();
  const me = people.find(({ source }) => source === "local")?.id ?? "";
  await expect(inside.client.people.setRoles(me, { roles: [], pin: PIN })).rejects.toMatchObject({ code: "person_fixed" });
});

test("an unknown or used code, and one that is no code, are not found", async () => {
  for (const code of ["K7Q-M2X", "nonsense"])
    await expect(inside.client.pairings.accept({ code, pin: PIN })).rejects.toMatchObject({ code: "pairing_void", status: 404 });
  await expect(inside.client.pairings.deny({ code: "square:bob", pin: PIN })).rejects.toMatchObject({ code: "pairing_void" });
});
