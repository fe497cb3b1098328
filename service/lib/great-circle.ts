/** Degrees, WGS 84. */
export interface Position {
  latitude: number;
  longitude: number;
}

/** IUGG mean radius. */
const EARTH_RADIUS_KM = 6371.0088;

/** Kilometres along the surface of a sphere (haversine); off by up to 0.5 % from the ellipsoid. */
export function greatCircle(a: Position, b: Position): number {
  const [lat1, lat2] = [radians(a.latitude), radians(b.latitude)];
  const h =
    Math.sin((lat2 - lat1) / 2) ** 2 +
    Math.cos(lat1) * Math.cos(lat2) * Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

const radians = (degrees: number) => (degrees * Math.PI) / 180;
