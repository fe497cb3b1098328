export type { AdministratorTokens } from './administrator-tokens.ts';
export { createAdministratorTokens } from './administrator-tokens.ts';
