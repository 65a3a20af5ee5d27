/** Slack's text as Markdown: its own brackets as words and links. Pure. Slack Developer Docs, "Formatting message text" (2026). */

const USER = /<@([UW][A-Z0-9]+)(?:\|[^>]*)?>/g;

/** The ids of the people a text names. */
export const mentionedIn = (text: string): string[] => [...text.matchAll(USER)].flatMap(([, id]) => id ?? []);

/** `userOf`: what stands for a person. */
export function readMrkdwn(text: string, userOf: (id: string) => string): string {
  return text
    .replace(USER, (_, id: string) => userOf(id))
    .replace(/<#[A-Z0-9]+\|([^>]*)>/g, "#$1")
    .replace(/<!subteam\^[A-Z0-9]+(?:\|@?([^>]*))?>/g, (_, label?: string) => `@${label ?? "group"}`)
    .replace(/<!(here|channel|everyone)(?:\|[^>]*)?>/g, "@$1")
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, "$1")
    .replace(/<mailto:[^|>]*\|([^>]*)>/g, "$1")
    .replace(/<((?:https?|ftp):[^|>]+)(?:\|([^>]*))?>/g, (_, url: string, label?: string) =>
      label && label !== url ? `[${label}](${url})` : url,
    )
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}
