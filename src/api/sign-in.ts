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
  const style = readFileSync(new URL("sign-in.css", import.meta.url), "utf8");
  const desk = () => ({ journal, now: clock.now() });
  const secure = publicUrl?.startsWith("https:") ?? false;

  app.get("/sign-in.css", ({ body }) => body(style, 200, { "content-type": "text/css", "cache-control": "max-age=3600" }));

  app.get("/sign-in", async ({ req, html: answer }) => {
    const link = req.query("link");
    if (link === undefined)
      return answer(page("Sign in", html`<p>Run <code>mos-hub open</code> on the hub's machine, and open the link it prints.</p>`), 401);
    const found = await holderOf(desk(), link, "link");
    if (!found) return refusal(new HubError("link_void"));
    return answer(page("Sign in", askForm(link, found.person.name, !found.credential.proved)));
  });

  app.post("/sign-in", bodyLimit({ maxSize: BODY_BYTES }), async ({ req }) => {
    try {
      refuseCrossSite(req.raw, publicUrl);
      const { link, pin } = parse(await req.parseBody(), form);
      const { secret: value, expiresAt } = await signIn(desk(), link, pin);
      return new Response(null, {
        status: 303,
        headers: { location: "/", "set-cookie": cookieHeader(req.raw, { value, expiresAt, secure }) },
      });
    } catch (thrown) {
      return refusal(asHubError(thrown));
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

function askForm(link: string, name: string, asksPin: boolean): Html {
  const pin = html`<label>Your PIN <input name="pin" type="password" inputmode="numeric" autocomplete="off" required autofocus /></label>`;
  return html`<form method="post" action="/sign-in">
    <input type="hidden" name="link" value="${link}" />
    <p>This signs this browser in as <strong>${name}</strong>.</p>
    ${asksPin ? pin : ""}
    <button>Sign in</button>
  </form>`;
}

/** A page for a person who followed a link, with nothing on it but what is wrong and what to do. */
async function refusal(error: HubError): Promise<Response> {
  const text = await page(
    "This does not work",
    html`<p>${error.message}</p>
      <p>${error.remedy}</p>`,
  );
  return new Response(text.toString(), { status: statusOf(error.code), headers: { "content-type": "text/html; charset=utf-8" } });
}

function page(title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · mos-hub</title>
        <link rel="stylesheet" href="/sign-in.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`;
}
