/** Whether others can reach the port as it is configured, and whether that is safe. Pure. */
import type { Problem } from "./problems.ts";

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i;

export interface Reach {
  readonly host: string;
  readonly publicUrl: string | undefined;
  /** Set when the port itself is encrypted. */
  readonly tls?: object | undefined;
}

/** Beyond this machine people sign in over TLS, so the hub has to know the address that a proxy with TLS answers at. */
export function reachProblems({ host, publicUrl, tls }: Reach): Problem[] {
  if (tls && URL.parse(publicUrl ?? "")?.protocol !== "https:")
    return [
      {
        path: "tls",
        wrong: "encrypts the port, and public_url is no https:// address",
        remedy: "Set public_url to the https:// address at which people reach this port.",
      },
    ];
  if (LOOPBACK.test(host) || isSafe(publicUrl)) return [];
  const wrong = "lets other machines reach the hub, and nothing says at which address they do";
  const remedy =
    "Set public_url (MOS_HUB_PUBLIC_URL) to the https:// address people use, and end TLS with tls.cert and tls.key or in a proxy before this port; or to http://127.0.0.1:<port> if only this machine is let through.";
  return [{ path: "host", wrong, remedy }];
}

function isSafe(publicUrl: string | undefined): boolean {
  const url = URL.parse(publicUrl ?? "");
  return url !== null && (url.protocol === "https:" || LOOPBACK.test(url.hostname));
}
