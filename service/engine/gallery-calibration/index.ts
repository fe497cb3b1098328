export { type Doubt, doubts } from './doubtful-templates.ts';
export type { DoubtfulPerson, GalleryCalibrations } from './gallery-calibration.ts';
export {
  createGalleryCalibrations,
  FEWEST_PEOPLE,
  GalleryCalibration,
  OwnGallery,
} from './gallery-calibration.ts';
