export { deleteClaim } from './claim-store.ts';
export type { Attempt, Claims, Standing } from './claims.ts';
export { createClaims, isAttack, standingOf, strictestRules } from './claims.ts';
export { createLockoutData } from './personal-data.ts';
export type { PictureGuard, RefusedPictures } from './refused-pictures.ts';
export { createRefusedPictures, REFUSED_BEFORE } from './refused-pictures.ts';
