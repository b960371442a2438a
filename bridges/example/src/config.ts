import { object, schema, text } from "@bridgebox/core/adapter";
import type { Shaped } from "@bridgebox/core/adapter";

const network = object(
  { server: text({ says: "The name of the echo server.", example: "cave" }) },
  { says: "One echo network." },
);
const person = object(
  {
    name: text({ says: "The name.", example: "alice" }),
    token: text({ says: "What the server gave for the code.", secret: true }),
  },
  { says: "A person's login." },
);

export type Config = Shaped<typeof network>;
export type Account = Shaped<typeof person>;
export const config = schema({ version: 1, shape: network });
export const account = schema({ version: 1, shape: person });
