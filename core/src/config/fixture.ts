import { integer, object, optional, record, schema, text } from "../adapter/index.ts";
import type { KnownAdapter } from "./types.ts";

/** Two adapters for the tests of this folder. */
export const acme: KnownAdapter = {
  id: "acme",
  name: "Acme Chat",
  config: schema({
    version: 1,
    shape: object(
      {
        server: text({
          says: "Where the network is.",
          example: "acme.example.org",
          placeholder: true,
          expects: "the host name of your server",
        }),
        port: integer({ says: "Its port.", min: 1, max: 65_535, default: 6697 }),
        password: optional(text({ says: "What it asks for, if it does.", secret: true })),
        logins: optional(
          record(
            object(
              { token: text({ says: "A token.", secret: true, example: "abc" }) },
              { says: "One login." },
            ),
            { says: "Logins of the box." },
          ),
        ),
      },
      { says: "Acme." },
    ),
  }),
};

export const other: KnownAdapter = {
  id: "other",
  name: "Other",
  config: schema({ version: 1, shape: object({}, { says: "Other." }) }),
};
