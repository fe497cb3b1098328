import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { CopyButton, ExactTime, Id } from '../../ui/controls/index.ts';
import { Card } from '../../ui/layout/index.ts';
import { defineStrings, shortenId, useStrings } from '../../ui/strings/index.ts';
import { Actor } from '../actor.tsx';
import type { Schemas } from '../api/admin.ts';
import { hrefOfId } from '../frame/href-of-id.ts';
import { Refused } from '../load-failed.tsx';
import { useActionName } from '../reasons/action-strings.ts';
import { type CheckName, type Reason, reasonKey, reasonStrings } from '../reasons/reason-strings.ts';
import { sourceStrings } from '../reasons/source-strings.ts';
import { auditors } from '../screen-data.ts';
import { useSession } from '../session/session-query.ts';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };
import styles from './timeline.module.css';

const timelineStrings = defineStrings('console/timeline/strings', en, de);

type Moment = Schemas['Moment'];

/** What happened to a person or a verification, the newest first; what is yet to come stands before it. */
export function Timeline({
  query,
  person,
  actions,
}: {
  query: Pick<UseQueryResult<Schemas['Timeline']>, 'data' | 'error' | 'refetch'>;
  /** Whose lines of the audit log are shown by its link; absent: those of the same action. */
  person?: string;
  actions?: ReactNode;
}) {
  const t = useStrings(timelineStrings);
  const sources = useStrings(sourceStrings);
  const { data, error } = query;
  return (
    <Card title={t('title')} actions={actions}>
      {error && <Refused of={query} />}
      {data?.items.length === 0 && <p className="small muted">{t('empty')}</p>}
      {data && data.items.length > 0 && (
        <ol className={styles.list}>
          {data.items.map((moment, i) => (
            <li key={i} className={styles.moment} data-kind={toneOf(moment)}>
              <div className={styles.what}>
                <What moment={moment} person={person} />
              </div>
              <div className={styles.meta}>
                <ExactTime at={moment.at} />
                {moment.kind === 'request' && isKey(sourceStrings.en, moment.says ?? '') && (
                  <span>{sources(moment.says as keyof typeof sourceStrings.en)}</span>
                )}
                {moment.kind !== 'request' && moment.by !== undefined && (
                  <span>{t.rich('by', { who: <Actor actor={moment.by} /> })}</span>
                )}
                {moment.request !== undefined && (
                  <span>{t.rich('requestId', { id: <RequestId id={moment.request} /> })}</span>
                )}
              </div>
            </li>
          ))}
        </ol>
      )}
      {data?.more && <p className="small muted">{t('more')}</p>}
    </Card>
  );
}

/** The way to the lines of the audit log that it wrote, for those who may read them. */
function RequestId({ id }: { id: string }) {
  const { user } = useSession();
  if (!auditors.includes(user.role)) return <Id id={id} />;
  return (
    <>
      <Link to="/audit" search={{ request: id }} title={id}>
        <code>{shortenId(id)}</code>
      </Link>
      <CopyButton text={id} name="id" />
    </>
  );
}

function toneOf({ kind, says, refused }: Moment): 'ok' | 'bad' | 'next' | undefined {
  if (kind === 'deletion') return 'next';
  if (kind === 'verdict') return says === 'VERIFIED' ? 'ok' : 'bad';
  return refused || says === 'failed' ? 'bad' : undefined;
}

/** The sentence of a moment, as the way to its object. */
function What({ moment, person }: { moment: Moment; person: string | undefined }) {
  const t = useStrings(timelineStrings);
  const reasons = useStrings(reasonStrings);
  const { kind, says = '', about, object, within, by, refused, times } = moment;
  const nameOfAction = useActionName();
  const nameOfEvent = (name: string) => {
    const key = `event.${name}`;
    return isKey(timelineStrings.en, key) ? t(key as never) : undefined;
  };
  if (kind === 'request')
    return by === undefined ? t('request') : t.rich('requestBy', { who: <Actor actor={by} /> });
  if (kind === 'audit')
    return (
      <>
        <Link to="/audit" search={person === undefined ? { action: says } : { action: says, person }}>
          {nameOfAction(says) ?? <code>{says}</code>}
        </Link>
        {refused && `, ${t('refused')}`}
        {times !== undefined && <span className="muted">, {t('times', { count: times })}</span>}
      </>
    );
  if (kind === 'delivery' && within !== undefined && object !== undefined)
    return (
      <Link to="/webhooks/$id/deliveries/$delivery" params={{ id: within, delivery: object }}>
        {isDelivery(says) && t(`delivery.${says}`, { event: nameOfEvent(about ?? '') ?? about ?? '' })}
      </Link>
    );
  const text =
    kind === 'verdict'
      ? reasons(reasonKey(says === 'VERIFIED' ? undefined : (says as Reason), about as CheckName | undefined))
      : wordsOf(moment, t);
  if (kind === 'consent' && person !== undefined)
    return (
      <Link to="/consents" search={{ person }}>
        {text}
      </Link>
    );
  const href = object === undefined ? undefined : hrefOfId(object);
  return href === undefined ? text : <Link to={href}>{text}</Link>;
}

const isKey = <Keys extends object>(keys: Keys, key: string): key is Extract<keyof Keys, string> =>
  Object.hasOwn(keys, key);
const deliveryStates = { waiting: 1, delivered: 1, failed: 1, dropped: 1 } as const;
const isDelivery = (says: string): says is keyof typeof deliveryStates => isKey(deliveryStates, says);

function wordsOf({ kind, says }: Moment, t: (key: never) => string): string {
  const key = says === undefined ? kind : `${kind}.${says}`;
  return isKey(timelineStrings.en, key) ? t(key as never) : key;
}
