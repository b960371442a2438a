import type { IncomingMessage, ServerResponse } from "node:http";
import type { Faults } from "./faults.ts";
import { Answer, readCall, refusal, writeAnswer, writeFile } from "./http.ts";
import type { Call, Upload } from "./http.ts";
import { openApi } from "./openapi.ts";
import { guildRoutes } from "./rest/guilds.ts";
import { interactionRoutes } from "./rest/interactions.ts";
import { messageRoutes } from "./rest/messages.ts";
import type { Ground } from "./rest/route.ts";
import { webhookRoutes } from "./rest/webhooks.ts";

const routes = [...guildRoutes, ...messageRoutes, ...interactionRoutes, ...webhookRoutes];

export interface FrontOptions {
  readonly ground: Ground;
  readonly faults: Faults;
  readonly token: () => string;
  readonly came: (call: Call) => void;
  readonly violated: (what: string) => void;
  readonly changed: () => void;
}

/** What answers over HTTP: the REST API, judged both ways, and the CDN. */
export class Front {
  readonly #options: FrontOptions;

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request, this.#options.ground.world.base);
    this.#options.came(call);
    const fault = this.#options.faults.take(`${call.method} ${call.path}`);
    if (fault?.kind === "hang") await fault.released;
    const file = this.#file(call);
    const answer =
      fault?.kind === "answer"
        ? new Answer(fault.status, fault.body, fault.headers)
        : (file ?? this.#rest(call));
    call.status = answer instanceof Answer ? answer.status : 200;
    if (fault?.kind === "swallow") return this.#options.changed();
    if (answer instanceof Answer) writeAnswer(response, answer);
    // Whoever reads it may have enough of it.
    else await writeFile(response, answer).catch(() => undefined);
    this.#options.changed();
  }

  /** What the CDN has at that address; nothing where it is an address of the API. */
  #file({ path, query }: Call): Upload | Answer | undefined {
    if (!/^\/(?:attachments|emojis|avatars|stickers|icons)\//.test(path)) return undefined;
    const file = this.#options.ground.world.files.get(path);
    // Links to attachments end (docs.discord.com/developers/reference#signed-attachment-cdn-urls); pictures stay.
    const signed = path.startsWith("/attachments/");
    const until = Number.parseInt(query["ex"] ?? "", 16) * 1000;
    if (file !== undefined && (!signed || until >= Date.now())) return file;
    return new Answer(404, { message: "This content is no longer available." });
  }

  #rest(call: Call): Answer {
    const { method, path, body } = call;
    const byToken = /^\/(?:webhooks|interactions)\/\d+\/[^/]+/.test(path);
    if (!byToken && call.authorization !== `Bot ${this.#options.token()}`) {
      return new Answer(401, { message: "401: Unauthorized", code: 0 });
    }
    const wrong = openApi().request({ ...call, body: body });
    for (const each of wrong) this.#options.violated(`${method} ${path}: ${each}`);
    if (wrong.length > 0) return refusal(400, 50_035, "Invalid Form Body", { _errors: wrong });
    const answer = this.#route(call);
    if (answer.status < 300) {
      for (const each of openApi().reply(method, path, answer.status, answer.body)) {
        this.#options.violated(`our reply to ${method} ${path}: ${each}`);
      }
    }
    return answer;
  }

  #route(call: Call): Answer {
    const { ground } = this.#options;
    for (const { method, pattern, handle } of routes) {
      const match = method === call.method ? pattern.exec(call.path) : null;
      if (match === null) continue;
      try {
        const given = handle(ground, match.slice(1), call);
        if (given instanceof Answer) return new Answer(given.status, asJson(given.body));
        const body = asJson(given);
        return new Answer(body === undefined ? 204 : 200, body);
      } catch (thrown) {
        if (thrown instanceof Answer) return thrown;
        throw thrown;
      }
    }
    this.#options.violated(`nothing here answers ${call.method} ${call.path}`);
    return new Answer(404, { message: "404: Not Found", code: 0 });
  }
}

const asJson = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));
