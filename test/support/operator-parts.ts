import type { OrganizationRouteDeps } from '../../service/doors/admin/organizations/routes.ts';

type Parts = Pick<OrganizationRouteDeps, 'calibrations' | 'organizationErasure' | 'custody' | 'renewals'>;

const notAsked = () => {
  throw new Error('An API key came as far as to what only the operator may do.');
};

/** Parts of the engine that no API key reaches: asking one fails the request. */
export const operatorParts: Parts = {
  calibrations: { list: notAsked, measure: notAsked },
  organizationErasure: { erase: notAsked },
  custody: { rotateOrganization: notAsked, organizationRotation: notAsked },
  renewals: { start: notAsked, state: notAsked },
};
