import { randomBytes } from "node:crypto";
import { whyNothing } from "./ask.ts";
import type { Answer } from "./ask.ts";
import { command } from "./context.ts";
import type { Context } from "./context.ts";
import { failed, ok, skipped, warning } from "./finding.ts";
import { heldBack } from "./homeserver.ts";
import type { Checked } from "./finding.ts";
import { localAddress } from "./port.ts";
import type { Door } from "./port.ts";

/** Synapse gives an appservice a minute before it says that it waited in vain. */
const patience = 70_000;

/**
 * The homeserver is asked to call the box: both ways at once (spec: Application Service API, ping).
 * `claimed`: the homeserver says that it can.
 */
export const lookAtPing = async (
  context: Context,
  door: Door,
  claimed: boolean,
): Promise<Checked> => {
  const check = "ping";
  const { config, registration, asking } = context;
  const { address } = config.homeserver;
  if (door.who === "nobody") return skipped(check, "The box's port cannot be had.");
  const path = `/_matrix/client/v1/appservice/${encodeURIComponent(registration.id)}/ping`;
  const answer = await asking.ask(address + path, {
    method: "POST",
    token: registration.as_token,
    body: { transaction_id: randomBytes(8).toString("hex") },
    patience,
  });
  // It answered the questions before this one.
  if (answer.got === "nothing" && answer.code === "TIMEOUT")
    return unreachable(context, "waits in vain for");
  if (answer.got === "nothing")
    return failed(
      check,
      `The homeserver was not asked for it: ${whyNothing(answer.code, address)}.`,
      "Start the homeserver, and run this again.",
    );
  if (answer.status !== 200) return unpinged(context, answer, claimed);
  if (door.who === "doctor" && !door.wasEntered())
    return failed(
      check,
      `The homeserver reaches something else at the address that it has for the box, not ${localAddress(context)}.`,
      `Put the address at which the homeserver reaches this machine into appservice.address, run ${command("register", context.file)} and restart the homeserver.`,
    );
  return ok(check, `The homeserver reaches the box at ${config.appservice.address}.`);
};

type Got = Extract<Answer, { got: "answer" }>;

const unreachable = (
  { config, file }: Context,
  how: "does not reach" | "waits in vain for",
): Checked => {
  const { address, hostname } = config.appservice;
  return failed(
    "ping",
    `The homeserver ${how} the box at ${address}.`,
    `Put the address at which the homeserver reaches this machine into appservice.address (the box listens on ${hostname}), run ${command("register", file)} and restart the homeserver; a firewall between the two must let it through.`,
  );
};

const unpinged = (context: Context, answer: Got, claimed: boolean): Checked => {
  const check = "ping";
  const { config, path, file, registration } = context;
  const { address } = config.appservice;
  const code = answer.body["errcode"];
  if (code === "M_CONNECTION_FAILED") return unreachable(context, "does not reach");
  if (code === "M_CONNECTION_TIMEOUT") return unreachable(context, "waits in vain for");
  if (code === "M_BAD_STATUS") {
    const status = Number(answer.body["status"]);
    if (status === 401 || status === 403)
      return failed(
        check,
        "The homeserver calls the box with another hs_token than the registration's.",
        `Restart the homeserver so that it reads ${path} as it is now; if it reads a copy, make the copy again first.`,
      );
    return failed(
      check,
      `What the homeserver reaches at ${address} is not the box: it answers HTTP ${status}.`,
      "Let that address, or the proxy there, lead to the box.",
    );
  }
  if (code === "M_URL_NOT_SET")
    return failed(
      check,
      "The homeserver has a registration without an address of the box.",
      `Run ${command("register", file)} and restart the homeserver.`,
    );
  if (answer.status === 404 && claimed)
    return heldBack(check, "/_matrix/client/v1/appservice", answer);
  if (answer.status === 404)
    return skipped(check, "The homeserver is too old to be asked for a ping.");
  if (answer.status === 403)
    return failed(
      check,
      `The homeserver knows the token under another name than ${registration.id}.`,
      `Restart the homeserver so that it reads ${path} as it is now.`,
    );
  return failed(
    check,
    `The homeserver did not ping the box (HTTP ${answer.status}).`,
    "Look into the homeserver's log, and run this again.",
  );
};

/** What the internet reaches: the box's own answer to a path that nobody else knows. */
export const lookAtPublicAddress = async (context: Context, door: Door): Promise<Checked> => {
  const check = "public address";
  const { publicAddress: open } = context.config.appservice;
  if (open === undefined)
    return skipped(
      check,
      "appservice.public_address is not set: no logins on a network's own page, no links to files.",
    );
  if (door.who === "nobody") return skipped(check, "The box's port cannot be had.");
  const { asking } = context;
  const odd = `${randomBytes(8).toString("hex")}/doctor`;
  for (const place of ["network", "media"]) {
    const [far, near] = await Promise.all([
      asking.ask(`${open}/${place}/${odd}`),
      asking.ask(`${localAddress(context)}/${place}/${odd}`),
    ]);
    if (far.got === "nothing")
      return warning(
        check,
        `It was not reached from here: ${whyNothing(far.code, open)}.`,
        "Look from another network: not every router leads back to a public address from within. If it fails there too, let the proxy at that address pass on /network and /media to the box, or correct appservice.public_address.",
      );
    const same = near.got === "answer" && far.status === near.status && far.text === near.text;
    if (!same)
      return failed(
        check,
        `${open}/${place} does not lead to the box: it answers HTTP ${far.status}.`,
        `Let the proxy pass on /${place} to ${localAddress(context)}, with the path as it is.`,
      );
  }
  const metrics = await asking.ask(`${open}/live`);
  if (metrics.got === "answer" && metrics.status === 200 && metrics.body["live"] === true)
    return warning(
      check,
      `${open} leads to the box, and to more of it than /network and /media.`,
      "Let the proxy pass on these two paths only: the metrics ask for no token.",
    );
  return ok(check, `${open} leads to the box.`);
};
