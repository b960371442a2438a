import { randomUUID } from "node:crypto";
import type { Post, Upload } from "../model.ts";
import { isWireObject, SlackError } from "../model.ts";
import { placeOf } from "./chat.ts";
import { callerOf, emptyPost, listOf, publish } from "./method.ts";
import type { Methods } from "./method.ts";

export const fileMethods: Methods = {
  "files.getUploadURLExternal": (args, context) => {
    const { world, base } = context;
    const file: Upload = {
      id: world.id("F"),
      name: args["filename"] ?? "file",
      size: Number(args["length"]),
      title: args["filename"] ?? "file",
      mime: mimeOf(args["filename"] ?? ""),
      owner: callerOf(context),
      bytes: undefined,
      hash: undefined,
      width: undefined,
      height: undefined,
      url: undefined,
      deleted: false,
      shares: [],
    };
    if (!Number.isInteger(file.size) || file.size <= 0) throw new SlackError("missing_argument");
    world.files.set(file.id, file);
    return { upload_url: `${base}/upload/v1/${file.id}?ticket=${randomUUID()}`, file_id: file.id };
  },

  "files.completeUploadExternal": (args, context) => {
    const { world } = context;
    const files = (listOf(args["files"]) ?? []).map((each) => {
      const id = isWireObject(each) ? each["id"] : undefined;
      const file = typeof id === "string" ? world.uploaded(id) : undefined;
      if (!file) throw new SlackError("file_not_found");
      const title = isWireObject(each) ? each["title"] : undefined;
      if (typeof title === "string") file.title = title;
      return file;
    });
    if (args["channel_id"] !== undefined) {
      const channel = placeOf(args, context);
      const bot = context.token.kind === "bot";
      const post: Post = {
        ...emptyPost(world.ts()),
        user: callerOf(context),
        botId: bot ? callerOf(context).botId : undefined,
        appId: context.token.app?.id,
        text: args["initial_comment"] ?? "",
        blocks: listOf(args["blocks"]),
        subtype: "file_share",
        threadTs: args["thread_ts"],
        files,
      };
      for (const file of files) file.shares.push({ channel: channel.id, ts: post.ts });
      publish(context, channel, post);
    }
    return { files: files.map((file) => ({ id: file.id, title: file.title })) };
  },

  "files.info": (args, { world, views }) => {
    const file = world.files.get(args["file"] ?? "");
    if (!file || file.deleted) throw new SlackError("file_not_found");
    const shares: Record<string, { readonly ts: string }[]> = {};
    for (const { channel, ts } of file.shares) (shares[channel] ??= []).push({ ts });
    return { file: { ...views.file(file), shares: { public: shares } }, comments: [] };
  },
};

const mimeOf = (name: string): string => {
  const types: Readonly<Record<string, string>> = {
    png: "image/png",
    jpg: "image/jpeg",
    gif: "image/gif",
    mp4: "video/mp4",
    ogg: "audio/ogg",
    txt: "text/plain",
  };
  return types[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
};
