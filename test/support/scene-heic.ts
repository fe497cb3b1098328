import { readFileSync } from 'node:fs';

/** A drawn scene of 160 by 96 pixels as HEIC (pictures/README.md); `variant` such as `irot-1`. */
export const sceneHeic = (variant?: string): Buffer =>
  readFileSync(new URL(`pictures/scene${variant === undefined ? '' : `-${variant}`}.heic`, import.meta.url));
