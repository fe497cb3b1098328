import { admin, replyOf, type Schemas } from './admin.ts';

export type SetupState = Schemas['SetupState'];

/** The first owner of a box: `/api/setup`. */
export const setup = {
  state: () => replyOf(admin.GET('/api/setup')),
  claim: (token: string) => replyOf(admin.POST('/api/setup/claim', { body: { token } })),
  organization: (name: string) => replyOf(admin.POST('/api/setup/organization', { body: { name } })),
  /** Signed in afterwards, by a cookie. */
  owner: (owner: { name: string; email: string; password: string }) =>
    replyOf(admin.POST('/api/setup/owner', { body: owner })),
};
