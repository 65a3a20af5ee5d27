/**
 * The colours and letters of every page of the hub, its connectors' among them: the beginning of each style sheet. Light and dark follow the
 * system; every text stands at 4.5:1 or better on `--paper`, `--side` and `--raised`, every border of a field at 3:1.
 */
export const PALETTE = `:root {
  color-scheme: light dark;
  --paper: #fbfaf7;
  --side: #f3f1ec;
  --raised: #ffffff;
  --ink: #1d2227;
  --soft: #5b6168;
  --line: #dedad2;
  --field: #87817a;
  --accent: #0f6661;
  --accent-ink: #ffffff;
  --mine: #e3efec;
  --hover: #e9e6df;
  --code: #f1efe9;
  --amber: #8a5300;
  --amber-line: #d9a441;
  --green: #1f6b3a;
  --green-line: #4c9a68;
  --red: #a52222;
  --red-line: #cf5c5c;
  --focus: #0f6661;
  --shadow: 0 1px 2px rgb(30 30 20 / 6%);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "Segoe UI Mono", Menlo, Consolas, "Liberation Mono", monospace;
  font:
    1rem/1.55 system-ui,
    -apple-system,
    "Segoe UI",
    Roboto,
    "Noto Sans",
    sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181a;
    --side: #111415;
    --raised: #1c2022;
    --ink: #e9e7e2;
    --soft: #a4a9ab;
    --line: #32383b;
    --field: #737b7f;
    --accent: #79cfc4;
    --accent-ink: #0a1f1d;
    --mine: #1d3633;
    --hover: #22282a;
    --code: #101314;
    --amber: #eebb5f;
    --amber-line: #a97a26;
    --green: #86d3a1;
    --green-line: #3d8a5a;
    --red: #f29a94;
    --red-line: #b44d48;
    --focus: #79cfc4;
    --shadow: none;
  }
}
`;
