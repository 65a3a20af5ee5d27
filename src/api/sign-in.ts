/**
 * Signing a browser in and out: a link shown on a terminal, used once, and a cookie for it. Opening the link changes nothing, so that no
 * preview of it uses it up; pressing the button does. The link says nothing about itself to who may not use it.
 */
import { readFileSync } from "node:fs";
import type { Hono } from "hono";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { asHubError, HubError } from "../contract/errors.ts";
import { PALETTE } from "../contract/palette.ts";
import { holderOf, revoke, signIn } from "../people/credentials.ts";
import { hashOf } from "../people/secret.ts";
import { cookieHeader, cookieOf } from "./callers.ts";
import { refuseCrossSite } from "./origins.ts";
import type { ApiParts } from "./parts.ts";
import { parse, statusOf } from "./problem.ts";

const form = z.object({ link: z.string().min(1).max(200), pin: z.string().max(100).optional() });
const BODY_BYTES = 4096;

export function signInUrl(base: string, secret: string): string {
  return `${base}/sign-in?link=${secret}`;
}

export function signInPages(app: Hono, { journal, clock, publicUrl }: ApiParts): void {
  const style = PALETTE + readFileSync(new URL("sign-in.css", import.meta.url), "utf8");
  const desk = () => ({ journal, now: clock.now() });
  const secure = publicUrl?.startsWith("https:") ?? false;

  app.get("/sign-in.css", ({ body }) => body(style, 200, { "content-type": "text/css", "cache-control": "max-age=3600" }));

  app.get("/sign-in", async ({ req }) => {
    const link = req.query("link");
    if (link === undefined)
      return pageOf(
        "Sign in",
        html`<p>Run <code>mos-hub open</code> on the hub's machine, and open the link it prints in this browser.</p>`,
        401,
      );
    const found = await holderOf(desk(), link, "link");
    if (!found) return refusal(new HubError("link_void"));
    return pageOf("Sign in", askForm(link, found.person.name, !found.credential.proved));
  });

  /** A wrong PIN is asked for again in the same place. */
  async function askAgain(error: HubError, link: string): Promise<Response> {
    const found = await holderOf(desk(), link, "link");
    if (error.code !== "pin_wrong" || !found) return refusal(error);
    return pageOf("Sign in", askForm(link, found.person.name, true, error), statusOf(error.code));
  }

  app.post("/sign-in", bodyLimit({ maxSize: BODY_BYTES }), async ({ req }) => {
    let asked = "";
    try {
      refuseCrossSite(req.raw, publicUrl);
      const { link, pin } = parse(await req.parseBody(), form);
      asked = link;
      const { secret: value, expiresAt } = await signIn(desk(), link, pin);
      return new Response(null, {
        status: 303,
        headers: { location: "/", "set-cookie": cookieHeader(req.raw, { value, expiresAt, secure }) },
      });
    } catch (thrown) {
      return askAgain(asHubError(thrown), asked);
    }
  });

  app.post("/sign-out", async ({ req }) => {
    refuseCrossSite(req.raw, publicUrl);
    const cookie = cookieOf(req.raw);
    const holder = cookie === undefined ? undefined : await holderOf(desk(), cookie, "browser");
    if (cookie !== undefined && holder) await revoke(desk(), hashOf(cookie), holder.person.id);
    return new Response(null, {
      status: 303,
      headers: { location: "/sign-in", "set-cookie": cookieHeader(req.raw, { value: "", expiresAt: 0, secure }) },
    });
  });
}

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

function askForm(link: string, name: string, asksPin: boolean, problem?: HubError): Html {
  const told = html`<p class="problem" id="problem" role="alert">${problem?.message}</p>
    <p class="next">${withCode(problem?.remedy ?? "")}</p>`;
  const pin = html`<label
    >Your PIN
    <input
      name="pin"
      type="password"
      inputmode="numeric"
      autocomplete="off"
      required
      autofocus
      aria-describedby="${problem ? "problem" : "why"}"
    />
  </label>`;
  return html`<form method="post" action="/sign-in">
    <input type="hidden" name="link" value="${link}" />
    <p id="why">
      This signs this browser in as
      <strong>${name}</strong
      >.${asksPin && !problem ? " Your PIN shows that it is you; it was set as MOS_HUB_PIN, or the hub showed it in its terminal when it was first started." : ""}
    </p>
    ${problem ? told : ""} ${asksPin ? pin : ""}
    <button>Sign in</button>
  </form>`;
}

/** For a person who followed a link: nothing on it but what is wrong and what to do. */
function refusal(error: HubError): Promise<Response> {
  const content = html`<p class="problem" role="alert">${error.message}</p>
    <p class="next">${withCode(error.remedy)}</p>`;
  return pageOf("Not signed in", content, statusOf(error.code));
}

/** Commands to be typed stand out. */
function withCode(words: string): Html {
  return html`${words.split(/`?(mos-hub [a-z]+)`?/).map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

async function pageOf(title: string, content: Html, status = 200): Promise<Response> {
  const text = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · mos-hub</title>
        <link rel="stylesheet" href="/sign-in.css" />
      </head>
      <body>
        <p class="brand" aria-hidden="true">mos-hub</p>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`;
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response(text.toString(), { status, headers });
}
