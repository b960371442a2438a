import assert from "node:assert/strict";
import { textOf } from "../../sandbox/client.ts";
import { ghost, person, REGISTRATION, refused, type Case, type Context } from "../context.ts";

async function fetchMedia(context: Context, mxc: string): Promise<Response> {
  const headers = { authorization: `Bearer ${REGISTRATION.as_token}` };
  return await fetch(`${context.url}/_matrix/client/v1/media/download/${mxc.slice(6)}`, {
    headers,
  });
}

/** Uploading in one step and in two, downloading. */
export const mediaCases: readonly Case[] = [
  {
    name: "media is created, put once, 409 M_CANNOT_OVERWRITE_MEDIA after that, and downloaded",
    run: async (context) => {
      const puppet = await ghost(context);
      const mxc = textOf(await puppet.ok("POST", "/_matrix/media/v1/create", {}), "content_uri");
      assert.match(mxc, /^mxc:\/\//);
      const path = `/_matrix/media/v3/upload/${mxc.slice(6)}`;
      await puppet.ok("PUT", path, { some: "bytes" });
      refused(await puppet.ask("PUT", path, { other: "bytes" }), 409, "M_CANNOT_OVERWRITE_MEDIA");
      const got = await fetchMedia(context, mxc);
      assert.equal(got.status, 200);
      assert.match(got.headers.get("content-type") ?? "", /^application\/json/);
      assert.deepEqual(await got.json(), { some: "bytes" });
    },
  },
  {
    name: "only who created a media id may fill it",
    run: async (context) => {
      const [puppet, other] = [await ghost(context), await person(context)];
      const mxc = textOf(await puppet.ok("POST", "/_matrix/media/v1/create", {}), "content_uri");
      const path = `/_matrix/media/v3/upload/${mxc.slice(6)}`;
      refused(await other.ask("PUT", path, { a: 1 }), 403, "M_FORBIDDEN");
    },
  },
  {
    name: "a place that nobody made is not filled; one that is not filled gives nothing yet",
    run: async (context) => {
      const puppet = await ghost(context);
      const nowhere = `/_matrix/media/v3/upload/${context.serverName}/nothingofthatname`;
      refused(await puppet.ask("PUT", nowhere, { a: 1 }), 404, "M_NOT_FOUND");
      const mxc = textOf(await puppet.ok("POST", "/_matrix/media/v1/create", {}), "content_uri");
      const path = `/_matrix/client/v1/media/download/${mxc.slice(6)}?timeout_ms=0`;
      refused(await puppet.ask("GET", path), 504, "M_NOT_YET_UPLOADED");
    },
  },
  {
    name: "people may leave five places unfilled and upload in one step then; ghosts any number",
    run: async (context) => {
      const [puppet, human] = [await ghost(context), await person(context)];
      const create = "/_matrix/media/v1/create";
      for (let count = 0; count < 5; count += 1) await human.ok("POST", create, {});
      refused(await human.ask("POST", create, {}), 429, "M_LIMIT_EXCEEDED");
      await human.ok("POST", "/_matrix/media/v3/upload", { a: 1 });
      for (let count = 0; count < 7; count += 1) await puppet.ok("POST", create, {});
    },
  },
  {
    name: "uploading in one step gives an mxc; the old download path has it no more",
    run: async (context) => {
      const puppet = await ghost(context);
      const made = await puppet.ok("POST", "/_matrix/media/v3/upload?filename=a.json", { a: 1 });
      const mxc = textOf(made, "content_uri");
      assert.deepEqual(await (await fetchMedia(context, mxc)).json(), { a: 1 });
      const old = await puppet.ask("GET", `/_matrix/media/v3/download/${mxc.slice(6)}`);
      refused(old, 404, "M_NOT_FOUND");
    },
  },
  {
    name: "media that is not there is M_NOT_FOUND; the upload limit is told",
    run: async (context) => {
      const puppet = await ghost(context);
      const none = `/_matrix/client/v1/media/download/${context.serverName}/nothingofthatname`;
      refused(await puppet.ask("GET", none), 404, "M_NOT_FOUND");
      const config = await puppet.ok("GET", "/_matrix/client/v1/media/config");
      assert.equal(typeof config["m.upload.size"], "number");
    },
  },
];
