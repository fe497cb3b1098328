import type { ProblemCode } from '../../lib/problem.ts';

/** As `/api/verify` and `/api/enroll` take one, in bytes. */
export const pictureUpload = { most: 10_000_000 };

export const pictureRefusals: readonly ProblemCode[] = [
  'IMAGE_UNREADABLE',
  'IMAGE_TOO_LARGE',
  'IMAGE_FORMAT_UNSUPPORTED',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_QUALITY_REFUSED',
  'CHECK_FAILED',
  'MODEL_NOT_INSTALLED',
  'PAD_NOT_INSTALLED',
  'USER_FLOOD_DETECTED',
  'VERIFICATION_DISABLED',
  'OVERLOADED',
  'TIMEOUT',
];
