/** What goes wrong on Matrix, through the started hub over a fake homeserver. The same goes wrong on Synapse in tests/real/. */
import { afterAll, beforeAll } from "vitest";
import { createFakeHomeserver, type FakeHomeserver } from "../../connectors/matrix/fake/server.ts";
import { systemClock } from "../../src/clock.ts";
import { mishaps, roomOfAll, type Scene } from "../support/matrix-mishaps.ts";
import { createMatrixPerson } from "../support/matrix-person.ts";

let server: FakeHomeserver;
let scene: Scene;

beforeAll(async () => {
  server = await createFakeHomeserver(systemClock);
  const loginOf = (name: string) => {
    const { user: userId, token } = server.user(name);
    return { url: server.url, userId, token };
  };
  const people = { mos: loginOf("mos"), ann: createMatrixPerson(loginOf("ann")), bob: createMatrixPerson(loginOf("bob")) };
  scene = { url: server.url, ...people, home: await roomOfAll(people) };
});
afterAll(() => server.close());

mishaps(() => scene);
