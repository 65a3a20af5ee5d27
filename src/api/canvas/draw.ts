/** A canvas as a browser shows it, as a fragment of its page. Pure. Only `html` is the agent's own page: it stands in a frame that reaches nothing. */
import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { CanvasForm, CanvasTable } from "../../contract/canvas.ts";
import { markdownToHtml, plain } from "../../contract/markdown-html.ts";
import type { FormField } from "../../contract/message.ts";
import type { Row } from "../../contract/tables.ts";

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;
const NOTHING = html``;

export interface Drawing {
  readonly canvas: Row<"canvases">;
  readonly shown: Row<"revisions">;
  /** Whom a submission is from; absent: whoever looks may send nothing. */
  readonly sender?: string | undefined;
}

export async function drawCanvas({ canvas, shown, sender }: Drawing): Promise<string> {
  const { content, title, number } = shown;
  const { markdown, table, form } = content;
  const page = `/canvas/${canvas.id}/page/${number}`;
  const frame = html`<iframe src="${page}" title="${plain(title)}" sandbox="allow-scripts" referrerpolicy="no-referrer"></iframe>`;
  const drawn = await html`<header>
      <h1>${plain(title)}</h1>
      <p class="facts">${await facts(canvas, shown)}</p>
    </header>
    ${content.html === undefined ? NOTHING : frame}
    ${markdown === undefined ? NOTHING : html`<section class="text">${raw(markdownToHtml(markdown))}</section>`}
    ${table === undefined ? NOTHING : drawTable(table, title)}
    ${form === undefined || number !== canvas.revision ? NOTHING : drawForm(form, { canvas, sender })}`;
  return drawn.toString();
}

async function facts({ revision, expiresAt }: Row<"canvases">, { number }: Row<"revisions">): Promise<Html> {
  const iso = expiresAt === null ? "" : new Date(expiresAt).toISOString();
  const until = html`Until <time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>.`;
  const older = number > 1 ? html`<button type="button" class="link" data-revision="${number - 1}">Older</button>` : NOTHING;
  const newer = number < (revision ?? 0) ? html`<button type="button" class="link" data-revision="${number + 1}">Newer</button>` : NOTHING;
  return html`${(revision ?? 1) > 1 ? `Version ${number} of ${revision}. ` : ""}${expiresAt === null ? NOTHING : until} ${older} ${newer}`;
}

function drawTable({ columns, rows }: CanvasTable, title: string): Html {
  const cells = (row: CanvasTable["rows"][number]): Html =>
    html`<tr>
      ${columns.map((_name, at) => drawCell(row[at] ?? ""))}
    </tr>`;
  return html`<div class="table" tabindex="0" role="group" aria-label="${plain(title)}">
    <table>
      <thead>
        <tr>
          ${columns.map((name, at) => html`<th scope="col" ${isOfNumbers(rows, at) ? NUMBER : ""}>${plain(name)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(cells)}
      </tbody>
    </table>
  </div>`;
}

const NUMBER = raw('class="number"');

function isOfNumbers(rows: CanvasTable["rows"], at: number): boolean {
  const cells = rows.flatMap((row) => row[at] ?? []);
  return cells.length > 0 && cells.every((cell) => typeof cell === "number");
}

function drawCell(value: string | number | boolean): Html {
  return html`<td ${typeof value === "number" ? NUMBER : ""}>${plain(String(value))}</td>`;
}

function drawForm(
  { fields, buttons }: CanvasForm,
  { canvas, sender }: { readonly canvas: Row<"canvases">; readonly sender: string | undefined },
): Html {
  if (sender === undefined)
    return html`<p class="next">
      To send something back, open a link of your own: write <code>!canvas ${canvas.code}</code> to the bot in a direct message, or sign
      this browser in on the hub.
    </p>`;
  return html`<form data-revision="${canvas.revision}">
    ${fields.map(drawField)}
    <p class="buttons">${buttons.map((label) => html`<button name="button" value="${label}">${plain(label)}</button>`)}</p>
    <p class="facts">It goes to the conversation as words of <strong>${plain(sender)}</strong>.</p>
    <p class="told" role="status"></p>
  </form>`;
}

function drawField({ name, label, kind, required, options = [] }: FormField): Html {
  const needed = required ? raw("required") : "";
  const offered =
    kind === "boolean"
      ? [
          { value: "yes", label: "Yes" },
          { value: "no", label: "No" },
        ]
      : options;
  const input =
    kind === "number"
      ? html`<input name="value.${name}" type="number" step="any" ${needed} />`
      : kind === "text"
        ? html`<textarea name="value.${name}" rows="2" maxlength="4000" ${needed}></textarea>`
        : html`<select name="value.${name}" ${needed}>
            <option value=""></option>
            ${offered.map((one) => html`<option value="${one.value}">${plain(one.label)}</option>`)}
          </select>`;
  return html`<label>${plain(label)}${required ? "" : html` <span class="optional">(optional)</span>`} ${input}</label>`;
}
