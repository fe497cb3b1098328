/** A key as the control API tells of it: never its secret. */
export interface KeyReply {
  id: string;
  name: string;
  prefix: string;
  world: string;
  hint: string;
  scopes: string[];
  origins: string[];
  browser: boolean;
  cidrs: string[];
  profiles: string[];
  lineage: string;
  successor?: string;
  createdAt: string;
  expiresAt?: string;
  revokedAt?: string;
  lastUsedAt?: string;
  lastUsedAddress?: string;
  altered?: true;
}

export const shownKey = ({ prefix, world, hint }: KeyReply) => `${prefix}_${world}_…${hint}`;

/** What it may name. */
export const profilesOf = ({ profiles }: KeyReply) => profiles.join(', ') || 'those of the organization';

/** Where it may be sent from. */
export const boundTo = ({ origins, cidrs }: KeyReply) => [...origins, ...cidrs].join(', ') || 'anywhere';
