export { type Doubt, doubts } from './doubtful-templates.ts';
export type {
  DoubtfulPerson,
  GalleryCalibration,
  GalleryCalibrations,
  OwnGallery,
} from './gallery-calibration.ts';
export { createGalleryCalibrations, FEWEST_PEOPLE } from './gallery-calibration.ts';
