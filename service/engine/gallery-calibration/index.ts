export type { GalleryCalibration, GalleryCalibrations } from './gallery-calibration.ts';
export { createGalleryCalibrations } from './gallery-calibration.ts';
