import { useQuery } from '@tanstack/react-query';
import { shortenId } from '../ui/strings/format.ts';
import { allPages, api } from './api/admin.ts';
import { useSession } from './session/session-query.ts';

/** Who did it: an administrator by name where the reader may see the administrators, else kind and id as the log has them. */
export function Actor({ actor }: { actor: string }) {
  const { user } = useSession();
  const { data } = useQuery({
    queryKey: ['administrators'],
    queryFn: async ({ signal }) => ({
      items: await allPages((query) => api.get('/api/admin/administrators', { ...query }, signal)),
    }),
    enabled: user.role === 'owner' || user.role === 'auditor',
    staleTime: 60_000,
  });
  const [kind = '', id = ''] = actor.split(/:(.*)/s);
  const name = kind === 'administrator' && data?.items.find((one) => one.id === id)?.name;
  return <span title={actor}>{name || (id.includes('_') ? `${kind}:${shortenId(id)}` : actor)}</span>;
}
