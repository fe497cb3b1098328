export type { KioskOperator, Pairing } from './kiosk.ts';
export { Kiosk } from './kiosk.ts';
export type { Kiosks, KiosksDeps } from './kiosks.ts';
export { createKiosks } from './kiosks.ts';
