/** Refuses every session until somebody signs in. */
import { answer, initialized } from "./json-lines.mjs";

answer({
  initialize: () => ({ ...initialized, authMethods: [{ id: "browser", name: "Sign in with the browser" }, { id: "key" }] }),
  "session/new": () => ({ error: { code: -32000, message: "Authentication required" } }),
});
