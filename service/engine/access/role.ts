/** What an administrator of an organization may be. Which routes a role may call stands with each route (`doors/admin`). */
export const roles = ['owner', 'administrator', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof roles)[number];
