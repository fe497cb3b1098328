import type { Role } from './api/auth.ts';

/** What a route says of its screen. */
export interface ScreenData {
  /** Shown without the frame and without a session: sign-in, setup. */
  open?: true;
  /** Roles that may open it; absent: every role. */
  roles?: readonly Role[];
  /** Acts on the whole box: only for an administrator marked appliance owner. */
  appliance?: true;
}

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption extends ScreenData {}
}

/** Roles as the administrative routes group them. */
export const managers: readonly Role[] = ['owner', 'administrator'];
export const operators: readonly Role[] = [...managers, 'operator'];
export const auditors: readonly Role[] = [...managers, 'auditor'];
export const readers: readonly Role[] = [...operators, 'auditor'];
/** Who sees what a reviewer compares. */
export const reviewers: readonly Role[] = [...auditors, 'reviewer'];
/** Who decides about a live session that waits for a person. */
export const sessionDeciders: readonly Role[] = [...operators, 'reviewer'];
export const sessionReaders: readonly Role[] = [...sessionDeciders, 'auditor'];

export const mayOpen = (
  { roles, appliance }: ScreenData,
  user: { role: Role; applianceOwner: boolean },
): boolean => (roles === undefined || roles.includes(user.role)) && (!appliance || user.applianceOwner);
