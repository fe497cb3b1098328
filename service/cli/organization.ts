import type { Control } from './control/control.ts';
import { UsageError } from './failure.ts';

export interface OrganizationReply {
  id: string;
  name: string;
  createdAt: string;
  matchOnly: boolean;
  uniquenessPolicy: string;
  consentPolicy: string;
  /** Slugs; absent: its own profiles, and built-in ones it has not replaced. */
  allowedProfiles?: string[];
  /** Nobody is in it, and nothing is made in it any more. */
  erasedAt?: string;
  attestation?: { purposes: string[]; attestedBy: string; attestedAt: string };
}

export const organizationFlag = [
  '--org <id>',
  'organization, by id or name; may be left out when there is only one',
] as const;

/** The organization a command is about; one that was erased only where it is named, or where all were. */
export async function chooseOrganization(
  control: Control,
  given: string | undefined,
): Promise<OrganizationReply> {
  if (given?.startsWith('org_')) return control.get(`/organizations/${encodeURIComponent(given)}`);
  const { organizations } = await control.get<{ organizations: OrganizationReply[] }>('/organizations');
  const inUse = organizations.filter(({ erasedAt }) => erasedAt === undefined);
  const counting = inUse.length > 0 ? inUse : organizations;
  const found = given === undefined ? counting : organizations.filter((one) => one.name === given);
  const [only] = found;
  if (only && found.length === 1) return only;
  const list = counting.map((one) => `  ${one.id}  ${one.name}`).join('\n');
  if (organizations.length === 0)
    throw new UsageError('There is no organization yet. Make one: org create --name NAME');
  if (given === undefined)
    throw new UsageError(`There are several organizations; say which with --org ID:\n${list}`);
  throw new UsageError(`No single organization is called "${given}". There are:\n${list}`);
}
