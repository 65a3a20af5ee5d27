/**
 * The frame that an agent's own HTML runs in: what stands in it works, and nothing gets out. Invariant: the policy names one script, by its hash,
 * so that this one has run before any other does.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

export interface Frame {
  /** The document for this HTML, whole or a part. */
  page(html: string): string;
  readonly headers: Readonly<Record<string, string>>;
}

export function createFrame(): Frame {
  const script = readFileSync(new URL("frame-script.js", import.meta.url), "utf8");
  const policy = [
    // Holds also where the frame's own attribute does not.
    "sandbox allow-scripts",
    "default-src 'none'",
    // With `eval` that one script runs the page's own; what stands in the page does not run by itself.
    `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}' 'unsafe-eval'`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "font-src data:",
    "media-src data: blob:",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ];
  return {
    // Of two doctypes a browser reads the first.
    page: (html) => `<!doctype html><script>${script}</script>${html}`,
    headers: {
      "content-security-policy": policy.join("; "),
      "x-frame-options": "SAMEORIGIN",
      "x-dns-prefetch-control": "off",
      // Of Chromium: a frame's address is looked up and connected to before the policy above refuses it, and WebRTC heeds no policy.
      "connection-allowlist": "()",
      "cache-control": "no-store",
    },
  };
}
