/** A limit as a caller meets it, and what is left of it. */
export interface RateLimit {
  name: 'burst' | 'address' | 'person' | 'month';
  quota: number;
  /** Of the quota. */
  windowSeconds: number;
  left: number;
  /** Until some of what was used is given back. */
  resetSeconds: number;
}
