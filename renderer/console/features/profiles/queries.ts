import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { admin, list, organizationQuery, read, replyOf, type World } from '../../data.ts';
import type { Definition } from './profile-values.ts';

/** The most that one page holds. */
const MOST = 200;

export const profileQuery = (slug: string) => read('/api/admin/profiles/{slug}', { slug });

export const versionsQuery = (slug: string, after?: string) =>
  list('/api/admin/profiles/{slug}/versions', { slug, cursor: after });

export const checksQuery = queryOptions({ ...read('/api/admin/checks'), staleTime: 60_000 });

export const previewQuery = (env: World, slug: string, definition: Definition | undefined) =>
  queryOptions({
    queryKey: ['profiles', 'preview', env, slug, definition],
    queryFn: ({ signal }) => {
      if (definition === undefined) throw new Error('There is nothing to try.');
      return replyOf(
        admin.POST('/api/admin/profiles/{slug}/preview', {
          params: { path: { slug }, query: { env } },
          body: { definition, limit: 1000 },
          signal,
        }),
      );
    },
    enabled: definition !== undefined,
    placeholderData: keepPreviousData,
  });

interface CurveChoice {
  scorer: Definition['models']['scorer'];
  holdsFor: NonNullable<Definition['match']['holdsFor']>;
  /** A false-match rate that gets a step of its own. */
  rate?: number;
}

export const curveQuery = (env: World, slug: string, { rate, ...choice }: CurveChoice) =>
  queryOptions({
    ...read('/api/admin/profiles/{slug}/calibration-curve', {
      slug,
      env,
      ...choice,
      ...(rate !== undefined && { rate }),
    }),
    placeholderData: keepPreviousData,
  });

/** The profile of a call that names none, and which ones callers may name; undefined: not known yet. */
export function useAllowed(): { byDefault: string; mayName(slug: string): boolean } | undefined {
  const { data } = useQuery(organizationQuery);
  if (data === undefined) return undefined;
  const { allowedProfiles } = data;
  return {
    byDefault: allowedProfiles?.length === 1 ? (allowedProfiles[0] ?? 'default') : 'default',
    mayName: (slug) => allowedProfiles === undefined || allowedProfiles.includes(slug),
  };
}

/** How many keys that still work are bound to a profile, and how many flows name it. */
export function useUses(slug: string): { keys: number; flows: number } | undefined {
  const keys = useQuery(read('/api/admin/keys', { limit: MOST }));
  const flows = useQuery(read('/api/admin/flows', { limit: MOST }));
  if (keys.data === undefined || flows.data === undefined) return undefined;
  const works = ({ revokedAt, expiresAt }: { revokedAt?: string; expiresAt?: string }) =>
    revokedAt === undefined && (expiresAt === undefined || Date.parse(expiresAt) > Date.now());
  return {
    keys: keys.data.items.filter((key) => works(key) && key.profiles.includes(slug)).length,
    flows: flows.data.items.filter(({ draft, published }) =>
      [draft, published?.definition].some((one) => one && (one.profile ?? 'default') === slug),
    ).length,
  };
}
