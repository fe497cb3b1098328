import { roles } from '../../engine/accounts/index.ts';
import type { AccessList } from '../../http/route-access.ts';

/** Every administrator, for what is their own. */
export const own: AccessList = {
  administrator: roles,
  keyRefusal: 'No API key may do this: it concerns the signed-in administrator.',
};
/** Also in a session that can do nothing but enroll a second factor. */
export const ownOrEnrolling: AccessList = { ...own, enrollment: true };
export const ownWithFreshFactor: AccessList = { ...own, fresh: true };
