import type { Part } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";

type Place = Pick<Extract<Part, { kind: "location" }>, "lat" | "lon" | "name" | "live">;

const time = (at: number): string => new Date(at).toISOString().slice(11, 16);

/** A place as clients show it on a map (MSC3488), and as a link for those that do not. */
export const placeContent = ({ lat, lon, name, live }: Place): JsonObject => {
  const uri = `geo:${degrees(lat)},${degrees(lon)}`;
  const what = name ?? (live ? `Live location until ${time(live.until)} UTC` : "Location");
  const link = `https://www.openstreetmap.org/?mlat=${degrees(lat)}&mlon=${degrees(lon)}#map=16/${degrees(lat)}/${degrees(lon)}`;
  const body = `${what}: ${uri}\n${link}`;
  return {
    msgtype: "m.location",
    body,
    geo_uri: uri,
    "org.matrix.msc3488.location": { uri, description: what },
    "org.matrix.msc3488.asset": { type: live ? "m.self" : "m.pin" },
    "org.matrix.msc1767.text": body,
  };
};

/** Never in the form that no map reads: 1e-7. */
const degrees = (value: number): string => String(Number(value.toFixed(6)));
