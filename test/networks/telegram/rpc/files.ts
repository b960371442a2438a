import type { StoredFile } from "../media/kinds.ts";
import { Api, now, RpcError, toBigInt } from "../tl.ts";
import { method, type Call, type Method } from "./method.ts";

const MEGABYTE = 1_048_576;

/** Files in parts, both ways (core.telegram.org/api/files). */
export const fileMethods: readonly Method[] = [
  method(Api.upload.SaveFilePart, (request, me, { files }) => {
    files.save(me.id, request);
    return true;
  }),
  method(Api.upload.SaveBigFilePart, (request, me, { files }) => {
    files.save(me.id, request);
    return true;
  }),
  method(Api.upload.GetFile, (request, _me, call) => {
    const offset = request.offset.toJSNumber();
    mustBeAligned(offset, request.limit, request.precise === true);
    const file = located(request.location, call);
    if (file.dc !== call.session.key.dc) throw new RpcError(303, `FILE_MIGRATE_${file.dc}`);
    const bytes = call.files.read(file, offset, request.limit);
    const type = new Api.storage.FileUnknown();
    return new Api.upload.File({ type, mtime: now(), bytes });
  }),
];

function mustBeAligned(offset: number, limit: number, precise: boolean): void {
  const unit = precise ? 1024 : 4096;
  if (offset < 0 || offset % unit !== 0) throw new RpcError(400, "OFFSET_INVALID");
  if (limit <= 0 || limit % unit !== 0 || limit > MEGABYTE) {
    throw new RpcError(400, "LIMIT_INVALID");
  }
  if (!precise && MEGABYTE % limit !== 0) throw new RpcError(400, "LIMIT_INVALID");
  const first = Math.floor(offset / MEGABYTE);
  if (first !== Math.floor((offset + limit - 1) / MEGABYTE)) {
    throw new RpcError(400, "LIMIT_INVALID");
  }
}

function located(location: unknown, { files, world, login }: Call): StoredFile {
  if (location instanceof Api.InputPeerPhotoFileLocation) {
    const me = login.account;
    const photo = me && world.chat(location.peer, me).photo;
    if (photo && toBigInt(location.photoId) === photo.id) return photo;
    throw new RpcError(400, "LOCATION_INVALID");
  }
  const known =
    location instanceof Api.InputPhotoFileLocation ||
    location instanceof Api.InputDocumentFileLocation;
  if (!known) throw new RpcError(400, "LOCATION_INVALID");
  const file = files.find(toBigInt(location.id), toBigInt(location.accessHash));
  if (!file) throw new RpcError(400, "LOCATION_INVALID");
  if (!location.fileReference.equals(file.reference)) {
    throw new RpcError(400, "FILE_REFERENCE_EXPIRED");
  }
  const small = location instanceof Api.InputDocumentFileLocation && location.thumbSize !== "";
  return (small ? file.thumb : undefined) ?? file;
}
