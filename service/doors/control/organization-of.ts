import type { Organizations } from '../../engine/organizations/index.ts';
import type { OrganizationId } from '../../lib/id.ts';
import { parse } from './parse.ts';
import { OrganizationParams } from './wire.ts';

/** The organization a path names; NOT_FOUND before anything is done inside a made-up one. */
export const createOrganizationOf =
  (organizations: Organizations) =>
  async (params: unknown): Promise<OrganizationId> => {
    const { organization } = parse(OrganizationParams, params);
    return (await organizations.get(organization as OrganizationId)).id;
  };
