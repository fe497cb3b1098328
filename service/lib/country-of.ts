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

/** Areas that the border data separates from the states that claim them. */
const disputedAreas = { crimea: 'Q7835', northernCyprus: 'Q23681' } as const;
export type DisputedArea = keyof typeof disputedAreas;

/** ISO 3166-1 alpha-2 code for each disputed area; without one, a place there has no country. */
export type DisputedCountries = { readonly [Area in DisputedArea]?: string | undefined };

/** The country of a position, ISO 3166-1 alpha-2; undefined on the open sea and in a disputed area without a setting. */
export type CountryOf = (position: Position) => Promise<string | undefined>;

/** Codes of the border data that ISO 3166-1 only reserves, and the assigned code of the same place. */
const assigned: Readonly<Record<string, string>> = {
  EA: 'ES',
  IC: 'ES',
};

/**
 * Looks a position up in the border data of @rapideditor/country-coder, offline, in about 2 µs. A territory with a code of
 * its own answers with that code (PR, not US). Waters near a coast belong to the coast's country. The data are loaded at
 * the first call (0.1 s once).
 */
export function createCountryOf(disputed: DisputedCountries = {}): CountryOf {
  return async ({ latitude, longitude }) => {
    const { iso1A2Code, featuresContaining } = await import('@rapideditor/country-coder');
    const point: [number, number] = [longitude, latitude];
    const containing = new Set(featuresContaining(point).map(({ properties }) => properties.wikidata));
    for (const [area, wikidata] of Object.entries(disputedAreas)) {
      if (containing.has(wikidata)) return disputed[area as DisputedArea];
    }
    const code = iso1A2Code(point, { level: 'territory' }) ?? undefined;
    return code === undefined ? undefined : (assigned[code] ?? code);
  };
}
