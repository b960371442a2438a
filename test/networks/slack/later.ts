/** Methods that came after Slack's published description, from docs.slack.dev/reference/methods. */
export const laterMethods: Readonly<
  Record<
    string,
    { readonly parameters: Readonly<Record<string, string>>; readonly required: readonly string[] }
  >
> = {
  "apps.connections.open": { parameters: {}, required: [] },
  "files.getUploadURLExternal": {
    parameters: {
      filename: "string",
      length: "integer",
      alt_txt: "string",
      snippet_type: "string",
    },
    required: ["filename", "length"],
  },
  "files.completeUploadExternal": {
    parameters: {
      files: "string",
      channel_id: "string",
      channels: "string",
      initial_comment: "string",
      thread_ts: "string",
      blocks: "string",
    },
    required: ["files"],
  },
};

/** Parameters that came later, or that only a browser's session uses. */
export const laterParameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "chat.postMessage": { metadata: "string", markdown_text: "string", client_msg_id: "string" },
  "chat.update": {
    metadata: "string",
    file_ids: "string",
    reply_broadcast: "boolean",
    markdown_text: "string",
  },
  "conversations.history": { include_all_metadata: "boolean" },
  "conversations.replies": { include_all_metadata: "boolean" },
  "conversations.open": { prevent_creation: "boolean" },
};

/** The scopes of which a token needs one, from the same pages; a session has them all. */
export const scopesOf: Readonly<Record<string, readonly string[]>> = {
  "chat.postMessage": ["chat:write"],
  "chat.update": ["chat:write"],
  "chat.delete": ["chat:write"],
  "reactions.add": ["reactions:write"],
  "reactions.remove": ["reactions:write"],
  "files.getUploadURLExternal": ["files:write"],
  "files.completeUploadExternal": ["files:write"],
  "files.info": ["files:read"],
  "users.info": ["users:read"],
  "users.list": ["users:read"],
  "emoji.list": ["emoji:read"],
  "team.info": ["team:read"],
  "usergroups.list": ["usergroups:read"],
  "pins.add": ["pins:write"],
  "pins.remove": ["pins:write"],
  "pins.list": ["pins:read"],
  "conversations.history": ["channels:history", "groups:history", "im:history", "mpim:history"],
  "conversations.replies": ["channels:history", "groups:history", "im:history", "mpim:history"],
  "conversations.info": ["channels:read", "groups:read", "im:read", "mpim:read"],
  "conversations.members": ["channels:read", "groups:read", "im:read", "mpim:read"],
  "conversations.list": ["channels:read", "groups:read", "im:read", "mpim:read"],
  "users.conversations": ["channels:read", "groups:read", "im:read", "mpim:read"],
  "conversations.join": ["channels:join", "channels:write"],
  "conversations.open": ["im:write", "mpim:write"],
  "conversations.create": ["channels:manage", "groups:write", "channels:write"],
  "conversations.invite": ["channels:manage", "groups:write", "channels:write"],
  "conversations.kick": ["channels:manage", "groups:write", "channels:write"],
  "conversations.mark": ["channels:write", "groups:write", "im:write", "mpim:write"],
  "conversations.leave": ["channels:write", "groups:write", "channels:manage"],
  "conversations.setTopic": ["channels:write.topic", "channels:write", "channels:manage"],
  "conversations.rename": ["channels:write", "channels:manage"],
  "apps.event.authorizations.list": ["authorizations:read"],
};
