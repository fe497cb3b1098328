/** The roles of administrators. Each route in `doors/admin` lists the roles that may call it. */
export const roles = ['owner', 'administrator', 'operator', 'reviewer', 'auditor'] as const;
export type Role = (typeof roles)[number];
