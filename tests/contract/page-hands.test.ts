/** Nothing on the page moves, or is made anew, under a person's hands. In Chromium, against the console alone. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ApprovalCard, ConnectorEvent } from "../../src/contract/message.ts";
import { launch, openWindow, whyNoBrowser, type Window } from "../support/browser.ts";
import { until } from "../support/hub-process.ts";
import { openStage, SAMPLE_CARDS, type Stage } from "../support/page-stage.ts";

const missing = whyNoBrowser();

let browser: Browser;
let stage: Stage;
let desk: Window;
let pressed: ConnectorEvent[];

const cardOf = (id: string): ApprovalCard => {
  const [card] = SAMPLE_CARDS["approve"]?.(id) ?? [];
  if (card?.type !== "approval") throw new Error("the stage has an approval");
  return card;
};
const send = async (more: Partial<Parameters<Stage["connector"]["send"]>[0]>): Promise<string> =>
  (await stage.connector.send({ text: "more", trace: "trc_hands", ...more })).messageId ?? "";
const approve = () => desk.page.getByRole("button", { name: "Approve" }).first();

/** Where the middle of a button is as soon as it stands still and may be pressed. */
async function aim(): Promise<{ x: number; y: number }> {
  // Playwright scrolls about while it waits for a button, so it is not asked before the button is ready.
  await desk.page.locator("button.yes:not([aria-disabled])").first().waitFor();
  await approve().click({ trial: true });
  const { x = 0, y = 0, width = 0, height = 0 } = (await approve().boundingBox()) ?? {};
  return { x: x + width / 2, y: y + height / 2 };
}

describe.skipIf(missing !== undefined)(`under a person's hands (${missing ?? "in Chromium"})`, () => {
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    stage = await openStage();
    pressed = [];
    stage.connector.onEvent?.(async (event) => {
      pressed.push(event);
      return { type: "accepted", trace: event.eventId };
    });
    desk = await openWindow(browser);
    await desk.page.goto(stage.url);
    // A page that scrolls: what comes to its end moves the rest.
    await send({ text: "Earlier.\n\n".repeat(40) });
    await desk.page.getByText("Earlier.").last().waitFor();
  });
  afterEach(async () => {
    await desk.page.context().close();
    await stage.end();
  });

  test("a press that began before a card changed and the page grew is a press on that card", async () => {
    const messageId = await send({ card: cardOf("first") });
    const { x, y } = await aim();
    await desk.page.mouse.move(x, y);
    await desk.page.mouse.down();
    await send({ edits: { messageId }, card: { ...cardOf("first"), similarPending: true } });
    await send({ text: "long\n\n".repeat(20) });
    const other = await openWindow(browser);
    await other.page.goto(stage.url);
    await other.page.getByText("A similar but different request").waitFor();
    await desk.page.mouse.up();
    await until("the press arrived", () => pressed.length === 1);
    expect(pressed).toMatchObject([{ subject: "approval:first", choice: "approve" }]);
    await desk.page.getByText("A similar but different request").waitFor();
    await other.page.context().close();
  });

  test("what is typed in a card stays when the card changes, with the place in it", async () => {
    const messageId = await send({ card: cardOf("typed") });
    const reason = desk.page.getByLabel("Reason");
    await reason.fill("after the holidays");
    await reason.press("ArrowLeft");
    await send({ edits: { messageId }, card: { ...cardOf("typed"), similarPending: true } });
    await desk.page.getByText("A similar but different request").waitFor();
    expect(await reason.inputValue()).toBe("after the holidays");
    await desk.page.keyboard.type("!");
    expect(await reason.inputValue()).toBe("after the holiday!s");
  });

  test("what is selected to be copied stays selected while an answer grows around it", async () => {
    await stage.connector.can?.stream?.({ chatId: "console" }, "trc_grow", "The first words.");
    const grown = desk.page.locator(".streaming p").first();
    await grown.selectText();
    await stage.connector.can?.stream?.({ chatId: "console" }, "trc_grow", "The first words.\n\nAnd more.");
    await desk.page.getByText("And more.").waitFor();
    expect(await desk.page.evaluate("getSelection().toString().trim()")).toBe("The first words.");
  });

  test("the agent's typing moves nothing", async () => {
    await send({ card: cardOf("still") });
    const before = await aim();
    await stage.connector.can?.typing?.({ chatId: "console" });
    await desk.page.getByText("is typing").waitFor();
    expect(await aim()).toEqual(before);
  });

  test("a button that has just come to where the pointer is decides nothing until a person could have seen it", async () => {
    await send({ card: cardOf("old") });
    const { x, y } = await aim();
    // Pressed as a hand would, and sooner than any hand: at the very moment the card moves.
    await desk.page.evaluate(
      `new MutationObserver(() => setTimeout(() => {
          const hit = document.elementFromPoint(${x}, ${y})?.closest("button");
          hit?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail: 1 }));
          window.hits = (window.hits ?? "") + hit?.textContent;
        })).observe(document.querySelector("#conversation"), { childList: true })`,
    );
    await send({ card: cardOf("new") });
    await desk.page.locator(".card.approval").nth(1).waitFor();
    await desk.page.getByText("This has just moved").waitFor();
    expect(await desk.page.evaluate("window.hits")).toBe("Approve");
    expect(pressed).toEqual([]);
    await desk.page.getByRole("button", { name: "Approve" }).last().click();
    await until("the press arrived", () => pressed.length === 1);
    expect(pressed).toMatchObject([{ subject: "approval:new" }]);
  });
});
