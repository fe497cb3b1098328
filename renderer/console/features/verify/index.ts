export type { Claimed } from './claimed-person.tsx';
export { type By, TakePicture } from './take-picture.tsx';
export { VerifyResult } from './verify-result.tsx';
