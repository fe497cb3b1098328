import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { CopyButton } from '../ui/controls/index.ts';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { shortenId, useStrings } from '../ui/strings/index.ts';
import styles from './actor.module.css';
import de from './actor-strings.de.json' with { type: 'json' };
import en from './actor-strings.en.json' with { type: 'json' };
import { api, type Schemas } from './api/admin.ts';
import { readers } from './screen-data.ts';
import { useSession, useWorld, type World } from './session/session-query.ts';

const actorStrings = defineStrings('console/actor-strings', en, de);

/** By name where the reader may see it, else by the shortened id; the whole id on hover and to copy. `world`: absent, the one that is shown. */
export function Named({
  id,
  world,
  children,
}: {
  id: string;
  world?: World | undefined;
  children?: (text: ReactNode) => ReactNode;
}) {
  const name = useName(id, world);
  const text = name ?? <code>{shortenId(id)}</code>;
  return (
    <span className={styles.named} title={id}>
      <span>{children ? children(text) : text}</span>
      <span className={styles.copy}>
        <CopyButton text={id} name={name ?? id} />
      </span>
    </span>
  );
}

/** A person by name, with the way to their page. */
export const PersonName = ({ id, world }: { id: string; world?: World | undefined }) => (
  <Named id={id} world={world}>
    {(text) => (
      <Link to="/people/$id" params={{ id }} {...(world && { search: worldSearch(world) })}>
        {text}
      </Link>
    )}
  </Named>
);

const worldSearch = (world: World) => ({ env: world === 'test' ? world : undefined });

/** Who did it, from the form of the audit log: `key:key_…`, `kiosk:ksk_…/adm_…`, `operator:root`. */
export function Actor({ actor }: { actor: string }) {
  const t = useStrings(actorStrings);
  const [kind = '', rest = ''] = actor.split(/:(.*)/s);
  const [id = '', administrator] = rest.split('/');
  if (kind === 'operator') return <span title={actor}>{t('operator', { name: rest })}</span>;
  if (kind === 'session') return <span title={actor}>{t('session')}</span>;
  if (kind === 'appliance') return <span title={actor}>{t('appliance', { task: rest })}</span>;
  if (!id.includes('_')) return <span title={actor}>{actor}</span>;
  if (administrator === undefined) return <Named id={id} />;
  return t.rich('atKiosk', { who: <Named id={administrator} />, kiosk: <Named id={id} /> });
}

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
function useName(id: string | undefined, world?: World): string | undefined {
  const shown = useWorld();
  const env = world ?? shown;
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
