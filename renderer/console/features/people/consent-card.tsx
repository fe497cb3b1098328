import { Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Badge, ExactTime, LinkButton, RelativeTime } from '../../../ui/controls/index.ts';
import { Card, KeyValues, Note, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { Actor, api, operators, read, type Schemas, saveFile, useSession, useWorld } from '../../data.ts';
import { AskedOperation, Refused, useOperation } from '../../operations.ts';
import { peopleStrings } from './strings.ts';

type State = Schemas['ConsentState'];
type Given = State['consents'][number];
export type Purpose = State['allowed'][number];
const purposes = ['verification', 'identification', 'deduplication'] as const satisfies Purpose[];

/** What the person agreed to, in which text, and what is left of it; an operator records a withdrawal. */
export function Consent({ id }: { id: string }) {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const { user } = useSession();
  const query = useQuery(read('/api/admin/subjects/{id}/consent', { id, env }));
  const { data } = query;
  if (!data) return query.error ? <Refused of={query} /> : null;
  return (
    <Card title={t('consent')} gap={12}>
      {purposes.map((purpose) => (
        <Row between key={purpose}>
          <span>{t(purpose)}</span>
          {data.allowed.includes(purpose) ? (
            <Badge kind="ok">{t('given')}</Badge>
          ) : (
            <Badge kind="bad">{t('withheld')}</Badge>
          )}
        </Row>
      ))}
      {data.ended && (
        <Note kind="warn" title={t('consentEnded')}>
          {data.erasedFrom === undefined
            ? t('erasedNext')
            : t.rich('erasedFrom', { time: <ExactTime key="time" at={data.erasedFrom} /> })}
        </Note>
      )}
      {data.consents.length === 0 && <p className="small muted">{t('noConsent')}</p>}
      {data.consents.toReversed().map((record) => (
        <Agreed key={record.id} person={id} record={record} />
      ))}
      {data.withdrawals.toReversed().map(({ id: key, purpose, at, by }) => (
        <p key={key} className="small muted">
          {t.rich('withdrawnText', {
            purpose: t(purpose),
            time: <RelativeTime key="time" at={at} />,
            by: <Actor key="by" actor={by} />,
          })}
        </p>
      ))}
      {operators.includes(user.role) && data.allowed.length > 0 && (
        <Withdraw person={id} allowed={data.allowed} />
      )}
    </Card>
  );
}

/** Makes the signed receipt, and saves it. */
export function SaveReceipt({ person, consent }: { person: string; consent: string }) {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const receipt = useOperation(
    () => api.get('/api/admin/subjects/{id}/consent/{consent}/receipt', { id: person, consent, env }),
    { done: (made) => saveFile(`${consent}.json`, JSON.stringify(made, null, 2), 'application/json') },
  );
  return (
    <>
      <Refused of={receipt} />
      <LinkButton onClick={() => receipt.mutate()}>{t('consentReceipt')}</LinkButton>
    </>
  );
}

function Agreed({ person, record }: { person: string; record: Given }) {
  const t = useStrings(peopleStrings);
  return (
    <Stack gap={4}>
      <KeyValues
        entries={{
          [t('consentGiven')]: <ExactTime at={record.at} />,
          [t('consentVersion')]: <code style={{ overflowWrap: 'anywhere' }}>{record.textVersion}</code>,
          [t('consentFor')]: record.purposes.map((purpose) => t(purpose)).join(', '),
          [t('consentBy')]: record.through === 'self' ? t('thePerson') : <Actor actor={record.by} />,
          [t('consentUntil')]: record.expiresAt && <ExactTime at={record.expiresAt} />,
        }}
      />
      <Row>
        <SaveReceipt person={person} consent={record.id} />
      </Row>
    </Stack>
  );
}

/** Which uses the person takes back: all, unless some are taken out. */
function Withdraw({ person, allowed }: { person: string; allowed: readonly Purpose[] }) {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const [kept, keep] = useState<readonly Purpose[]>([]);
  const taken = allowed.filter((purpose) => !kept.includes(purpose));
  return (
    <AskedOperation
      run={() =>
        api.post('/api/admin/subjects/{id}/consent/withdrawals', { id: person, env }, { purposes: taken })
      }
      toast={t('withdrawnToast')}
      refresh={['subjects']}
      done={() => keep([])}
      danger
      title={t('withdrawTitle')}
      confirmLabel={t('withdraw')}
      confirmDisabled={taken.length === 0}
      cancelLabel={t('keepConsent')}
      refusal={t('notWithdrawn')}
    >
      <p>{t(taken.length === allowed.length ? 'withdrawAllText' : 'withdrawText')}</p>
      {allowed.map((purpose) => (
        <Checkbox
          key={purpose}
          label={t(purpose)}
          checked={!kept.includes(purpose)}
          onChange={({ target }) =>
            keep(target.checked ? kept.filter((one) => one !== purpose) : [...kept, purpose])
          }
        />
      ))}
    </AskedOperation>
  );
}
