/** What the page server gives out: these files and no other. */
export interface PageFile {
  readonly file: URL;
  readonly type: string;
}

const script = "text/javascript; charset=utf-8";

const parts = [
  "actions",
  "announcer",
  "app",
  "banners",
  "break-panel",
  "composer",
  "counts",
  "deeds",
  "fates",
  "happened",
  "memo",
  "message-row",
  "path",
  "room-list",
  "run-bar",
  "sentences",
  "side",
  "sides",
  "state-pill",
  "store",
  "theme",
  "tip",
];

const page = (name: string): URL => new URL(`./page/${name}`, import.meta.url);

export const pageFiles: Readonly<Record<string, PageFile>> = {
  "/": { file: page("index.html"), type: "text/html; charset=utf-8" },
  "/style.css": { file: page("style.css"), type: "text/css; charset=utf-8" },
  "/icon.svg": { file: page("icon.svg"), type: "image/svg+xml" },
  "/lib/preact.js": {
    file: new URL(import.meta.resolve("htm/preact/standalone")),
    type: script,
  },
  ...Object.fromEntries(
    parts.map((name) => [`/${name}.js`, { file: page(`${name}.js`), type: script }]),
  ),
};
