import type { RequestHandler, Response } from "express";
import { wrongMethod } from "../web/answers.ts";
import { escapeHtml, page } from "../web/page.ts";

/** The logins that wait for a browser. */
export interface LoginReturns {
  /** The Matrix user who left with that state. */
  whose(network: string, state: string): string | undefined;
  arrive(network: string, answer: URLSearchParams): boolean;
}

/** Longer than any answer of a network's page, in characters. */
const longest = 8000;

/**
 * Where a browser comes back from a network's page. The page names the Matrix user who asked for the
 * login and waits for a click: a link that somebody else sent cannot put an account into their hands
 * unseen, and a program that only looks at links uses none up.
 */
export const loginReturn =
  (options: {
    readonly network: (id: string) => { readonly name: string } | undefined;
    readonly returns: LoginReturns;
  }): RequestHandler =>
  (request, response, next) => {
    const { network = "" } = request.params;
    const known = options.network(network);
    const answer = answerOf(request.originalUrl);
    const state = answer?.getAll("state") ?? [];
    const owner = state.length === 1 ? options.returns.whose(network, state[0] ?? "") : undefined;
    if (request.method !== "GET" && request.method !== "POST")
      return wrongMethod(request, response, next);
    if (known === undefined || answer === undefined || owner === undefined) return lost(response);
    if (request.method === "GET" && !answer.has("error"))
      return confirm(response, { name: known.name, owner });
    if (!sameSite(request.headers["sec-fetch-site"], request.method)) return lost(response);
    if (!options.returns.arrive(network, answer)) return lost(response);
    page(response, {
      status: 200,
      title: "You can close this page",
      body: "<p>Go back to your chat: it says how the login went.</p>",
    });
  };

const answerOf = (url: string): URLSearchParams | undefined => {
  const at = url.indexOf("?");
  return at < 0 || url.length > longest ? undefined : new URLSearchParams(url.slice(at));
};

/** The form is on our own page; browsers too old to say so are believed. */
const sameSite = (site: string | readonly string[] | undefined, method: string): boolean =>
  method === "GET" || site === undefined || site === "same-origin";

const confirm = (
  response: Response,
  { name, owner }: { readonly name: string; readonly owner: string },
): void =>
  page(response, {
    status: 200,
    title: `Connect your ${name} account?`,
    body:
      `<p>It will be used by <strong>${escapeHtml(owner)}</strong> on Matrix: that person can then read and write there as you.</p>` +
      `<p>If this is not you, close this page.</p>` +
      `<form method="post"><button type="submit">Connect</button></form>`,
  });

const lost = (response: Response): void =>
  page(response, {
    status: 400,
    title: "This login is over",
    body: "<p>Nobody was logged in: the page was opened twice, too late, or for another login. Go back to your chat and start the login again.</p>",
  });
