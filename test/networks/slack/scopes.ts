/** All scopes that the manifest in docs/slack.md asks for, of the bot and of people. */
export const botScopes: readonly string[] =
  `channels:history channels:join channels:manage channels:read chat:write chat:write.customize
  emoji:read files:read files:write groups:history groups:read groups:write im:history im:read im:write
  metadata.message:read mpim:history mpim:read mpim:write pins:read pins:write reactions:read
  reactions:write team:read usergroups:read users:read`.split(/\s+/);

export const userScopes: readonly string[] =
  `channels:history channels:read channels:write chat:write emoji:read files:read files:write
  groups:history groups:read groups:write im:history im:read im:write mpim:history mpim:read mpim:write
  pins:read pins:write reactions:read reactions:write team:read usergroups:read users:read
  users:write`.split(/\s+/);
