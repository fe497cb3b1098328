export { deleteClaim } from './claim-store.ts';
export {
  type Attempt,
  type Claims,
  createClaims,
  isAttack,
  type Standing,
  standingOf,
  strictestRules,
} from './claims.ts';
export { createLockoutData } from './personal-data.ts';
export {
  createRefusedPictures,
  type PictureGuard,
  REFUSED_BEFORE,
  type RefusedPictures,
} from './refused-pictures.ts';
