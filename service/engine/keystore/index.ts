export { createKeyPlaces, type KeyPlaceReport, type KeyPlaces, type KeyPlacesDeps } from './key-places.ts';
