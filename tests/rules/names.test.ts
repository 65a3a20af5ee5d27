import { describe, expect, test } from "vitest";
import { repositoryFiles, sourceFiles } from "../support/repository.ts";
import { parse } from "../support/source.ts";
import { connectorFolders, declarationNames, fileNames, topLevel } from "./checks/names.ts";

/** Files beside a connector's usual ones, each with its reason. */
const CONNECTOR_EXTRA: Readonly<Record<string, string>> = {
  "connectors/console/entry.ts": "the console is its own platform: this is the record it keeps",
  "connectors/console/log.ts": "the same: where the records are kept",
  "connectors/console/feed.ts": "the same: how its faces follow them",
  "connectors/console/call.ts": "the same: a request of a face and its answer, shared by receive.ts and page/",
  "connectors/console/take.ts": "the same: how what a person says or presses reaches the hub, shared by both",
  "connectors/console/files.ts": "the same: which file goes with which message, and who may have it",
  "connectors/discord/api.ts": "the one door to Discord's REST API, and what its refusals mean",
  "connectors/discord/session.ts": "the login at Discord's gateway, apart from what comes over it",
  "connectors/discord/history.ts": "what stands in history after an absence: Discord delivers once",
  "connectors/discord/answer.ts": "presses and slash commands: they come over the gateway and are answered over REST",
  "connectors/discord/cards.ts": "buttons, selects and forms of the cards",
  "connectors/discord/commands.ts": "registers the slash command",
  "connectors/discord/permissions.ts": "which permissions are needed, and which are missing",
  "connectors/matrix/api.ts": "the homeserver's HTTP interface, used in both directions and by setup.ts",
  "connectors/matrix/rooms.ts": "what is known of rooms, in both directions: encryption above all",
  "connectors/matrix/history.ts": "a room read backwards: for gaps of a sync, and to look for what was sent",
  "connectors/matrix/session.ts": "the syncs, apart from what comes over them",
  "connectors/telegram/api.ts": "the one door to the Bot API, and what its refusals mean",
  "connectors/telegram/session.ts": "the polls or the webhook, apart from what comes over them",
  "connectors/telegram/answer.ts": "presses, each of which wants an answer",
  "connectors/telegram/cards.ts": "inline buttons, and what is kept of what they mean",
  "connectors/telegram/topics.ts": "topics cannot be listed: which were opened, and from what",
  "connectors/telegram/commands.ts": "the menu of commands",
  "connectors/slack/answer.ts": "presses, forms and slash commands: they are answered inside their acknowledgement",
  "connectors/slack/api.ts": "the one door to Slack's Web API, and what its refusals mean",
  "connectors/slack/cards.ts": "what a card looks like in Block Kit, and the forms it opens",
  "connectors/slack/files.ts": "Slack's external upload, and files behind the token",
  "connectors/slack/history.ts": "what stands in history after an absence: Slack keeps no events for later",
  "connectors/slack/requests.ts": "the second way in: signed requests, in HTTP mode",
  "connectors/slack/session.ts": "the socket to Slack, apart from what comes over it",
  "connectors/discord/init/": "what `init` asks and looks for; no part of the running connector",
  "connectors/matrix/init/": "the same",
  "connectors/slack/init/": "the same, with the app's manifest and what doctor alone looks at",
  "connectors/telegram/init/": "the same",
  "connectors/console/page/": "the web page, the console's second face",
};

const CONNECTOR_BORROWING: Readonly<Record<string, string>> = {
  tmux: "it is the console in a window on the fleet's socket (docs/decisions/0010)",
};

const paths = repositoryFiles();

describe("file names", () => {
  test("are kebab-case and say what is inside", () => expect(fileNames(paths)).toEqual([]));

  test.each([
    "src/Route.ts",
    "src/my_file.ts",
    "src/steps/routeMessage.ts",
    "src/Steps/route.ts",
    "src/utils.ts",
    "connectors/shared/retry-helper.ts",
    "src/base/route.ts",
  ])("refuses %s", (path) => expect(fileNames([path])).toHaveLength(1));

  test("refuse a script that is called as a module beside it", () => {
    expect(fileNames(["src/api/frame.ts", "src/api/frame.js", "src/api/page.js"])).toHaveLength(1);
  });

  test.each(["src/database.ts", "src/mos-hub.mjs", "tests/unit/bin.test.ts", "connectors/one/README.md", "docs/decisions/0001-x.md"])(
    "allows %s",
    (path) => {
      expect(fileNames([path])).toEqual([]);
    },
  );
});

describe("names of declarations", () => {
  test("name the thing", () => expect(declarationNames(sourceFiles().map(parse))).toEqual([]));

  test.each(["interface IStore {}", "class LaneManager {}", "function routeHelper() {}", "type TextUtils = 1;"])("refuses %s", (text) => {
    expect(declarationNames([parse({ path: "src/x.ts", text })])).toHaveLength(1);
  });

  test("other words with an I are free", () =>
    expect(declarationNames([parse({ path: "src/x.ts", text: "interface Inbox {}" })])).toEqual([]));
});

describe("connector folders", () => {
  const folder = ["connector", "receive", "decode", "encode", "send", "ids"]
    .map((name) => `connectors/one/${name}.ts`)
    .concat("connectors/one/README.md");

  test("all have the same files", () => expect(connectorFolders(paths, CONNECTOR_EXTRA, CONNECTOR_BORROWING)).toEqual([]));

  test("refuse a missing and an unknown file", () => {
    expect(connectorFolders(folder, {})).toEqual([]);
    expect(connectorFolders(folder.slice(1), {})).toEqual(["connectors/one/connector.ts: missing"]);
    const withExtra = [...folder, "connectors/one/fake/server.ts", "connectors/one/tools.ts", "connectors/shared/retry.ts"];
    expect(connectorFolders(withExtra, {})).toEqual([expect.stringContaining("connectors/one/tools.ts: not one of")]);
    expect(connectorFolders(withExtra, { "connectors/one/tools.ts": "for this test" })).toEqual([]);
    const withFolder = [...folder, "connectors/one/face/page.js"];
    expect(connectorFolders(withFolder, { "connectors/one/face/": "for this test" })).toEqual([]);
    expect(connectorFolders(withFolder, { "connectors/one/fac": "for this test" })).toHaveLength(1);
  });
});

describe("the top level", () => {
  test("holds the fixed names and nothing else", () => expect(topLevel(paths)).toEqual([]));

  test("refuses what is new and misses what is gone", () => {
    const fixed = ["src/a.ts", "connectors/a.ts", "handlers/a.ts", "deploy/a", "conduit/a", "tests/a", "package.json", ".env.example"];
    expect(topLevel(fixed)).toEqual([]);
    expect(topLevel([...fixed.slice(1), "scripts/a.ts"])).toEqual([
      "scripts: not one of the names fixed for the top level",
      "src: missing",
    ]);
  });
});
