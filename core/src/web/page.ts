import { createHash } from "node:crypto";
import type { Response } from "express";

const style =
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1.2rem;" +
  "overflow-wrap:anywhere}button{font:inherit;padding:.6rem 1.4rem}:root{color-scheme:light dark}";
const styleHash = createHash("sha256").update(style).digest("base64");

/** Text as HTML shows it. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/** A small page without scripts, for a person's browser. `body` is HTML, `title` is text. */
export const page = (
  response: Response,
  {
    status,
    title,
    body,
  }: { readonly status: number; readonly title: string; readonly body: string },
): void => {
  response
    .status(status)
    .set(
      "content-security-policy",
      `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    )
    .type("text/html; charset=utf-8")
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head><body><main><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`,
    );
};
