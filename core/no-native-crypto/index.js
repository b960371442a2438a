"use strict";
// matrix-bot-sdk loads this module by name. Bridgebox encrypts through its own machine and never
// calls it; whoever does gets a sentence instead of a crash over a missing native file.
const names = [
  "Attachment",
  "DeviceId",
  "DeviceLists",
  "EncryptedAttachment",
  "EncryptionSettings",
  "OlmMachine",
  "RoomId",
  "StoreType",
  "UserId",
];

for (const name of names) {
  exports[name] = class {
    constructor() {
      throw new Error(`${name} was not created: bridgebox does not use the bot SDK's encryption`);
    }
  };
}
