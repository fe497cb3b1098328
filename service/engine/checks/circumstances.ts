/** The location of a person, from the caller or a site. */
export interface Place {
  /** Degrees, WGS 84. */
  latitude: number;
  longitude: number;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  /** IANA. */
  timeZone?: string;
}

/** The device that took the picture, from the caller. */
export interface DeviceInfo {
  userAgent?: string;
  cameraWidth?: number;
  cameraHeight?: number;
  screenWidth?: number;
  screenHeight?: number;
}

/** The probe's vector and the model file that made it. */
export interface Probe {
  embedder: string;
  sha256: string;
  vector: Float32Array;
}

/** An earlier verified verification of a person. */
export interface Earlier {
  at: number;
  place?: Place;
  device?: DeviceInfo;
  probe?: Probe;
}
