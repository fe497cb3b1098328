export { Kiosk, type KioskOperator, type Pairing } from './kiosk.ts';
export { createKiosks, type Kiosks, type KiosksDeps } from './kiosks.ts';
