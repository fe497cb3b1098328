/** Where a person is, as the caller or a site says. */
export interface Place {
  /** Degrees, WGS 84. */
  latitude: number;
  longitude: number;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  /** IANA. */
  timeZone?: string;
}
