/** A connector as it is, with places to die where the hub has only it to go by. */
import type { CaughtUp, Connector, ConnectorDefinition, Powers } from "../../src/contract/connector.ts";
import { pass } from "./pass.ts";

export function mortal(definition: ConnectorDefinition): ConnectorDefinition {
  return { ...definition, factory: (config, context) => withPlaces(definition.factory(config, context)) };
}

function withPlaces(connector: Connector): Connector {
  let isCatchingUp = false;
  const { reconcile, catchUp } = connector.can ?? {};

  async function mortalCatchUp(): Promise<CaughtUp> {
    isCatchingUp = true;
    try {
      return (await catchUp?.()) ?? { fetched: 0 };
    } finally {
      isCatchingUp = false;
    }
  }

  const can: Powers = {
    ...connector.can,
    ...(reconcile && {
      reconcile: async (message, since) => {
        const found = await reconcile(message, since);
        pass("in reconcile");
        return found;
      },
    }),
    ...(catchUp && { catchUp: mortalCatchUp }),
  };

  return {
    ...connector,
    can,
    async start() {
      await connector.start?.();
      if (catchUp) void mortalCatchUp().catch(() => {});
    },
    subscribe: (handler) =>
      connector.subscribe(async (message) => {
        const ack = await handler(message);
        pass("before acknowledge");
        if (isCatchingUp) pass("during catch-up");
        return ack;
      }),
  };
}
