/** Whether others can reach the port as it is configured, and whether that is safe. Pure. */
import type { Problem } from "./problems.ts";

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

export interface Reach {
  readonly host: string;
  readonly publicUrl: string | undefined;
}

/** Beyond this machine people sign in over TLS, so the hub has to know the address that a proxy with TLS answers at. */
export function reachProblems({ host, publicUrl }: Reach): Problem[] {
  if (LOOPBACK.test(host) || isSafe(publicUrl)) return [];
  const wrong = "lets other machines reach the hub, and nothing says at which address they do";
  const remedy =
    "Set public_url (MOS_HUB_PUBLIC_URL) to an https:// address whose proxy ends TLS before this port; or to http://127.0.0.1:<port> if only this machine is let through.";
  return [{ path: "host", wrong, remedy }];
}

function isSafe(publicUrl: string | undefined): boolean {
  const url = URL.parse(publicUrl ?? "");
  return url !== null && (url.protocol === "https:" || LOOPBACK.test(url.hostname));
}
