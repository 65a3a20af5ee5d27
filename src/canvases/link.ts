/** Whether a person's browser can open what the agent shared. Pure. */

const NO_PUBLIC_ADDRESS = "No public address is configured (MOS_HUB_PUBLIC_URL), so this page cannot be opened from here.";
/** The hub's own page links what the hub keeps by itself. */
const ON_THIS_MACHINE =
  "No public address is configured (MOS_HUB_PUBLIC_URL), so it opens on the hub's own machine only: from its card on the hub's page (`mos-hub open`), or by the link that `!canvas` with its code gives in the terminal (`mos-hub chat`).";

/** An absolute http(s) link as it is; a path below the hub's public address if there is one; else no link and a word why. */
export function canvasLink(url: string, publicUrl: string | undefined): { readonly url?: string; readonly note?: string } {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return { url };
  if (!url.startsWith("/") || url.startsWith("//"))
    return { note: "The orchestrator gave an address that is no web link, so it is not shown." };
  if (publicUrl === undefined) return { note: NO_PUBLIC_ADDRESS };
  return { url: new URL(url, publicUrl).toString() };
}

/** Where a browser opens what the hub keeps. The secret is in the fragment, which no server and no preview of the link ever sees. */
export function hostedLink(
  { id, secret }: { readonly id: string; readonly secret: string },
  base: string | undefined,
): { readonly url?: string; readonly note?: string } {
  if (base === undefined) return { note: ON_THIS_MACHINE };
  return { url: `${base}/canvas/${id}#${secret}` };
}
