/** An operator on Matrix, over the started hub and the fake homeserver. The same journeys run against Synapse in tests/real/. */
import { afterAll, beforeAll, describe } from "vitest";
import { createFakeHomeserver, type FakeHomeserver } from "../../connectors/matrix/fake/server.ts";
import { systemClock } from "../../src/clock.ts";
import { createMatrixPerson } from "../support/matrix-person.ts";
import { backlog, files, pressing, restarts, type Stage, startHubOn, talking } from "../support/matrix-stories.ts";

describe("on the fake homeserver", () => {
  let server: FakeHomeserver;
  let stage: Stage;
  beforeAll(async () => {
    server = await createFakeHomeserver({ ...systemClock, isServerless: true });
    const { user: userId, token } = server.user("mos");
    const person = (name: string) => {
      const login = server.user(name, `${name}-phone`);
      return createMatrixPerson({ url: server.url, userId: login.user, token: login.token });
    };
    const [ann, bob] = [person("ann"), person("bob")];
    const room = await ann.createRoom([userId, bob.userId]);
    await bob.join(room);
    stage = await startHubOn({ url: server.url, bot: { userId, token }, ann, room, rateLimit: "none" });
  });
  afterAll(async () => {
    await stage.hub.end();
    await server.close();
  });

  talking(() => stage);
  pressing(() => stage);
  files(() => stage);
  backlog(() => stage, 250);
  restarts(() => stage);
});
