/** Slack's own hosts, which may be shown a token; and the server that the config names. */
export const isSlackHost = (url: URL, api: URL): boolean =>
  url.origin === api.origin ||
  isOwn(url, { protocol: "https:", names: /^slack(?:-gov|-files)?\.com$/ });

/** Where a browser's socket may lead. */
export const isSlackSocket = (url: URL, api: URL): boolean =>
  url.origin === api.origin.replace(/^http/, "ws") ||
  isOwn(url, { protocol: "wss:", names: /^slack(?:-gov|-msgs)?\.com$/ });

/** Where pictures for everybody are. */
export const isPictureHost = (url: URL, api: URL): boolean =>
  isSlackHost(url, api) ||
  isOwn(url, { protocol: "https:", names: /^(?:slack-edge|gravatar)\.com$/ });

const isOwn = (
  { protocol, port, hostname, username }: URL,
  own: { readonly protocol: string; readonly names: RegExp },
): boolean =>
  protocol === own.protocol &&
  port === "" &&
  username === "" &&
  own.names.test(hostname.split(".").slice(-2).join("."));
