export type { Setup, SetupView } from './setup.ts';
export { createSetup } from './setup.ts';
export type { SetupDeps, SetupOpening, TokenFile } from './setup-parts.ts';
