import { Api, now } from "../tl.ts";
import { method, publicMethod, type Method } from "./method.ts";

/** What every client asks before anything else. */
export const helpMethods: readonly Method[] = [
  publicMethod(Api.help.GetConfig, (_request, { session, centres }) => {
    const address = { ipAddress: "127.0.0.1", static: true };
    return new Api.Config({
      date: now(),
      expires: now() + 3600,
      testMode: false,
      thisDc: session.key.dc,
      dcOptions: [...centres()].map(([id, port]) => new Api.DcOption({ id, port, ...address })),
      dcTxtDomainName: "",
      chatSizeMax: 200,
      megagroupSizeMax: 200_000,
      forwardedCountMax: 100,
      onlineUpdatePeriodMs: 210_000,
      offlineBlurTimeoutMs: 5000,
      offlineIdleTimeoutMs: 30_000,
      onlineCloudTimeoutMs: 300_000,
      notifyCloudDelayMs: 30_000,
      notifyDefaultDelayMs: 1500,
      pushChatPeriodMs: 60_000,
      pushChatLimit: 2,
      editTimeLimit: 172_800,
      revokeTimeLimit: 2_147_483_647,
      revokePmTimeLimit: 2_147_483_647,
      ratingEDecay: 2_419_200,
      stickersRecentLimit: 200,
      channelsReadMediaPeriod: 604_800,
      callReceiveTimeoutMs: 20_000,
      callRingTimeoutMs: 90_000,
      callConnectTimeoutMs: 30_000,
      callPacketTimeoutMs: 10_000,
      meUrlPrefix: "https://t.me/",
      captionLengthMax: 1024,
      messageLengthMax: 4096,
      webfileDcId: 4,
    });
  }),
  publicMethod(
    Api.help.GetNearestDc,
    (_request, { dcId }) => new Api.NearestDc({ country: "XX", thisDc: dcId, nearestDc: dcId }),
  ),
  method(Api.account.UpdateStatus, () => true),
];
