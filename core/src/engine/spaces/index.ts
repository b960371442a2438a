export { forgetPlaced, placeRooms } from "./at-login.ts";
export { closeOrphans, closeSpace, watchLogouts } from "./close.ts";
export { queuePlace, queueSpace } from "./item.ts";
export { Spaces } from "./make.ts";
export { placeRoom } from "./place.ts";
export { showSpace } from "./show.ts";
