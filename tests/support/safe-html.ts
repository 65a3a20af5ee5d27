/** What may stand in a page that shows what anybody wrote. Finds what a browser would run, load or take for the page's own. */

const TAGS =
  "html head meta title link script body a nav div main header footer h1 h2 h3 h4 h5 h6 p ol ul li form label input button textarea span time code kbd pre " +
  "article strong em del blockquote hr br table thead tbody tr th td dl dt dd details summary fieldset legend select option mark section";
const ATTRIBUTES =
  "charset name content rel href type src class id aria-label aria-current aria-hidden aria-live role data-home data-title data-conversation data-act " +
  "data-copy data-most-bytes data-n action method enctype for value maxlength placeholder required autocomplete tabindex hidden disabled datetime target dir multiple " +
  "rows step title align start download lang";

const TAG = /<(\/?)([a-zA-Z][^\s/>]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*\/?>/g;
const ATTRIBUTE = /([^\s=>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g;

/** Every problem as a sentence; none for a safe page. */
export function unsafeParts(page: string): string[] {
  const html = page.replace(/^<!doctype html>/i, "");
  const problems: string[] = [];
  const rest = html.replace(TAG, (_tag, _slash: string, name: string, attributes: string) => {
    if (!TAGS.split(" ").includes(name)) problems.push(`a tag <${name}>`);
    if (name === "script" && attributes !== "" && !/^ type="module" src="[^":]*\/page\/[\w-]+\/page\.js"$/.test(attributes))
      problems.push(`a script ${attributes}`);
    for (const [, key = "", value = ""] of attributes.matchAll(ATTRIBUTE)) problems.push(...attributeProblems(name, key, value));
    return "";
  });
  if (rest.includes("<")) problems.push(`a tag that cannot be read: ${rest.slice(rest.indexOf("<")).slice(0, 60)}`);
  return problems;
}

function attributeProblems(tag: string, key: string, value: string): string[] {
  if (!ATTRIBUTES.split(" ").includes(key)) return [`an attribute ${key} of <${tag}>`];
  const isAddress = key === "href" || key === "src" || key === "action";
  return isAddress && !/^(?:https?:|mailto:|\/|#|\?)/i.test(value) ? [`an address ${value} of <${tag}>`] : [];
}
