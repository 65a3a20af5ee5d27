/**
 * Where a request may come from. A browser carries out what any page asks of it, so that a request is believed only when it names this
 * hub as Host (against DNS rebinding), and one signed by a cookie only when it comes from the hub's own pages (against cross-site posts).
 */
import { HubError } from "../contract/errors.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** `hostNames`: without port, beside the loopback ones. Throws `not_allowed`. */
export function refuseForeign(request: Request, hostNames: readonly string[]): void {
  const known = [...LOOPBACK, ...hostNames.map((name) => name.toLowerCase())];
  if (!known.includes(hostOf(request).replace(/:\d+$/, "")))
    throw new HubError("not_allowed", { reason: "this address is not one of the hub's own" });
  const origin = request.headers.get("origin");
  if (origin !== null && origin !== "null" && !known.includes(URL.parse(origin)?.hostname ?? "")) throw foreign();
}

/** For what a cookie allows: reading from anywhere, since another site cannot see the answer; changing only from our own pages. */
export function refuseCrossSite(request: Request, publicUrl: string | undefined): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  // Only a browser sets this header, and no page can.
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") throw foreign();
  if (site === "same-origin") return;
  const own = [`http://${hostOf(request)}`, `https://${hostOf(request)}`, ...(publicUrl === undefined ? [] : [new URL(publicUrl).origin])];
  if (!own.includes(request.headers.get("origin") ?? "")) throw foreign();
}

function hostOf(request: Request): string {
  return (request.headers.get("host") ?? "").toLowerCase();
}

function foreign(): HubError {
  return new HubError("not_allowed", { reason: "requests of other sites are refused" });
}
