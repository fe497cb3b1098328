import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { CopyButton } from '../ui/controls/index.ts';
import { shortenId, useStrings } from '../ui/strings/index.ts';
import styles from './actor.module.css';
import { actorStrings } from './actor-strings.ts';
import { useName } from './names.ts';

/** By name where the reader may see it, else by the shortened id; the whole id on hover and to copy. */
export function Named({ id, children }: { id: string; children?: (text: ReactNode) => ReactNode }) {
  const name = useName(id);
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
export const PersonName = ({ id }: { id: string }) => (
  <Named id={id}>
    {(text) => (
      <Link to="/people/$id" params={{ id }}>
        {text}
      </Link>
    )}
  </Named>
);

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
