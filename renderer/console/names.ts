import { useQuery } from '@tanstack/react-query';
import { api, type Schemas } from './api/admin.ts';
import { readers } from './screen-data.ts';
import { useSession, useWorld, type World } from './session/session-query.ts';

type Names = Schemas['Names']['names'];

/** Ids that the service has a name for. */
const NAMED = /^(sub|key|ksk|adm)_[0-9a-z]{26}$/;
/** Of one request. */
const MOST = 200;

interface Batch {
  ids: Set<string>;
  names: Promise<Names>;
}
const batches = new Map<World, Batch>();

/** All ids that a page asks for in one turn are asked for in one request. */
async function nameOfId(env: World, id: string): Promise<string | null> {
  let batch = batches.get(env);
  if (!batch || batch.ids.size >= MOST) {
    const ids = new Set<string>();
    batch = {
      ids,
      names: new Promise((done) => setTimeout(done)).then(async () => {
        if (batches.get(env)?.ids === ids) batches.delete(env);
        return (await api.get('/api/admin/names', { env, ids: [...ids].join(',') })).names;
      }),
    };
    batches.set(env, batch);
  }
  batch.ids.add(id);
  return (await batch.names)[id] ?? null;
}

/** What an id is called; undefined where it has no name, or the reader may not see it. */
export function useName(id: string | undefined): string | undefined {
  const env = useWorld();
  const { user } = useSession();
  const { data } = useQuery({
    queryKey: ['names', env, id],
    queryFn: () => nameOfId(env, id!),
    enabled: id !== undefined && NAMED.test(id) && id !== user.id && readers.includes(user.role),
    staleTime: 60_000,
    retry: false,
  });
  return id === user.id ? user.name : (data ?? undefined);
}
