import assert from "node:assert/strict";
import { loginId } from "../adapter/index.ts";
import type { NetworkId } from "../adapter/index.ts";
import type { LiveLogin } from "../engine/box.ts";
import { ana, net } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";
import { loginOf } from "./scripted-network.ts";
import { until } from "./until.ts";

interface Whose {
  readonly owner?: string;
  readonly network?: NetworkId;
}

/** Somebody logs in to that network with an account of that name, and is connected. */
export const logIn = async (
  { store, engine }: Pick<Scene, "store" | "engine">,
  name: string,
  { owner = ana, network = net }: Whose = {},
): Promise<LiveLogin> => {
  const id = loginId(`${network}:${name}`);
  const row = { ...loginOf(name, "user"), id, network, owner, accountVersion: 1, since: 1 };
  await store.commit((tx) => tx.logins.put(row));
  const live = engine.works.box.networks.get(network);
  assert.ok(live);
  const login = await engine.supervisor.add(live, row);
  await until(`${name} is connected`, () => login.state === "connected");
  return login;
};
