import type { DeviceInfo } from './device-consistency.ts';
import type { Place } from './place.ts';

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
