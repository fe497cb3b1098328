import { lazy } from 'react';

/** Loaded when it is needed: most administrators sign in with a passkey alone. */
export const FaceCamera = lazy(() =>
  import('../../capture/camera/face-shot.tsx').then((module) => ({ default: module.FaceShot })),
);
