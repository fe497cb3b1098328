import { queryOptions, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { auth, type Session } from '../api/auth.ts';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async () => (await auth.session()) ?? null,
  staleTime: 60_000,
  retry: false,
});

/** The session of the administrator. Only inside the frame, which requires one. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error('There is no session: this screen belongs inside the frame.');
  return data;
}

export type World = 'live' | 'test';

/** The world that is shown, for `query: { env: useWorld() }` of world routes. */
export function useWorld(): World {
  const { env } = useSearch({ strict: false }) as { env?: 'test' };
  return env ?? 'live';
}
