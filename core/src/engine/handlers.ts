import { answered } from "./again/answer.ts";
import { offerToMatrix } from "./again/offers.ts";
import { arriveInRoom } from "./arrival.ts";
import { greetInClear } from "./greet.ts";
import { inviteOfOurs } from "./invite.ts";
import { leftBehind } from "./left-behind.ts";
import { clearRoom } from "./clear-room.ts";
import { dismissFrom } from "./log-out.ts";
import { dissolveRoom } from "./dissolve.ts";
import { pictureToMatrix } from "./picture.ts";
import { lastWord } from "./last-words.ts";
import { listMembers } from "./list-members.ts";
import { loginNotice } from "./login-notice.ts";
import { answerAside, noteLink } from "./linked/tell.ts";
import { moveMembers } from "./move-members.ts";
import { onboard } from "./onboard.ts";
import { puppetRefused } from "./puppet-refused.ts";
import { profileToMatrix } from "./profile.ts";
import { closeSpace, placeRoom, showSpace } from "./spaces/index.ts";
import { assertionsToMatrix } from "./to-matrix/assertions.ts";
import { chatToMatrix } from "./to-matrix/chat.ts";
import { deleteToMatrix } from "./to-matrix/delete.ts";
import { editToMatrix } from "./to-matrix/edit.ts";
import { healToMatrix } from "./to-matrix/heal.ts";
import { messageToMatrix } from "./to-matrix/message.ts";
import { movedOnToMatrix } from "./to-matrix/moved-on.ts";
import {
  callToMatrix,
  gapToMatrix,
  goneToMatrix,
  noticeToMatrix,
  openedToMatrix,
  statusToMatrix,
} from "./to-matrix/notice.ts";
import { ownChatToMatrix } from "./to-matrix/own-chat.ts";
import { rosterToMatrix } from "./to-matrix/roster.ts";
import { sendStatusToMatrix } from "./to-matrix/send-status.ts";
import { editToNetwork } from "./to-network/edit.ts";
import { infoToNetwork } from "./to-network/info.ts";
import { invitationToNetwork, memberToNetwork } from "./to-network/member.ts";
import { messageToNetwork } from "./to-network/message.ts";
import { pinsToNetwork } from "./to-network/pins.ts";
import { pollEndToNetwork, voteToNetwork } from "./to-network/poll.ts";
import { powerToNetwork } from "./to-network/power.ts";
import { reactionToNetwork } from "./to-network/reaction.ts";
import { removeFromNetwork } from "./to-network/remove.ts";
import type { Handler } from "./turn.ts";
import { upgradeRoom } from "./upgrade.ts";
import { leaveBehind } from "./old-room.ts";
import { vacateRoom } from "./vacate.ts";
import type { Handlers } from "./worker.ts";
import type { Works } from "./works.ts";

/** Every kind of item and the file that does it. */
export const handlersOf = (works: Works, command: Handler): Handlers => ({
  in: {
    message: messageToMatrix(works),
    edit: editToMatrix(works),
    delete: deleteToMatrix(works),
    notice: noticeToMatrix(works),
    call: callToMatrix(works),
    gap: gapToMatrix(works),
    heal: healToMatrix(works),
    gone: goneToMatrix(works),
    opened: openedToMatrix(works),
    movedOn: movedOnToMatrix(works),
    chat: chatToMatrix(works),
    status: statusToMatrix(works),
    sendStatus: sendStatusToMatrix(works),
    offer: offerToMatrix(works),
    answer: answered(works),
    assertions: assertionsToMatrix(works),
    behind: leaveBehind(works),
  },
  out: {
    message: messageToNetwork(works),
    edit: editToNetwork(works),
    remove: removeFromNetwork(works),
    reaction: reactionToNetwork(works),
    vote: voteToNetwork(works),
    pollEnd: pollEndToNetwork(works),
    pins: pinsToNetwork(works),
    info: infoToNetwork(works),
    member: memberToNetwork(works),
    power: powerToNetwork(works),
    invitation: invitationToNetwork(works),
  },
  members: {
    list: listMembers(works),
    moved: moveMembers(works),
    roster: rosterToMatrix(works),
    behind: leaveBehind(works),
    chat: chatToMatrix(works),
  },
  control: {
    invite: inviteOfOurs(works),
    onboard: onboard(works),
    greet: greetInClear(works),
    loginNotice: loginNotice(works),
    lastWord: lastWord(works),
    puppet: puppetRefused(works),
    linkNote: noteLink(works),
    asideAnswer: answerAside(works),
    command,
    /** Said where no chat came after all. */
    held: () => Promise.resolve({ end: "dropped" }),
    profile: profileToMatrix(works),
    ownChat: ownChatToMatrix(works),
    picture: pictureToMatrix(works),
    vacate: vacateRoom(works),
    place: placeRoom(works),
    space: showSpace(works),
    unspace: closeSpace(works),
    dissolve: dissolveRoom(works),
    clear: clearRoom(works),
    dismiss: dismissFrom(works),
    upgrade: upgradeRoom(works),
    arrival: arriveInRoom(works),
    leftBehind: leftBehind(works),
  },
});
