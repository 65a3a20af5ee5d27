/** The app as Slack is told of it, to create it from. */
import app from "./manifest.json" with { type: "json" };

export const manifest = (): string => JSON.stringify(app, undefined, 2);

/** The same for HTTP mode: Slack calls the hub's public address, whose name is to be put in. */
export function httpManifest(): string {
  const url = "https://hub.example.internal/connectors/slack/events";
  const { features, settings } = app;
  const commands = features.slash_commands.map((command) => ({ ...command, url }));
  const events = { request_url: url, ...settings.event_subscriptions };
  const called = { event_subscriptions: events, interactivity: { is_enabled: true, request_url: url }, socket_mode_enabled: false };
  const told = { ...app, features: { ...features, slash_commands: commands }, settings: { ...settings, ...called } };
  return JSON.stringify(told, undefined, 2);
}
