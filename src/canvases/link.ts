/** Whether a person's browser can open what the agent shared. Pure. */

const NO_PUBLIC_ADDRESS = "No public address is configured (MOS_HUB_PUBLIC_URL), so this page cannot be opened from here.";

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
  publicUrl: string | undefined,
): { readonly url?: string; readonly note?: string } {
  if (publicUrl === undefined) return { note: NO_PUBLIC_ADDRESS };
  return { url: `${publicUrl}/canvas/${id}#${secret}` };
}
