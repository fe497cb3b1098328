export { createSetup, type Setup, type SetupView } from './setup.ts';
export type { SetupDeps, SetupOpening, TokenFile } from './setup-token.ts';
