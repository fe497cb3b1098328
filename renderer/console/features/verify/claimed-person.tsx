import { Radio, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from '../../../ui/controls/index.ts';
import { Card, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, read, type Schemas, useWorld } from '../../data.ts';
import { Refused, recordOf, ShowCommand } from '../../operations.ts';
import { verifyStrings } from './strings.ts';

export type Claimed = Pick<Schemas['Subject'], 'id' | 'name' | 'email'>;
export const nameOf = ({ id, name, email }: Claimed): string => name ?? email ?? id;

/** With one person or with all, and by camera or file. */
export function ClaimedPerson({
  before,
  next,
}: {
  before: Claimed | undefined;
  next(claimed: Claimed | undefined, by: 'camera' | 'file'): void;
}) {
  const t = useStrings(verifyStrings);
  const [against, setAgainst] = useState('one');
  const [claimed, setClaimed] = useState(before);
  const [missing, setMissing] = useState(false);
  const one = against === 'one';
  const go = (by: 'camera' | 'file') => {
    if (one && !claimed) setMissing(true);
    else next(one ? claimed : undefined, by);
  };
  const env = useWorld();
  const show = async () => {
    if (one && !claimed) return void setMissing(true);
    const request = one && claimed?.email !== undefined ? { email: claimed.email } : {};
    return recordOf(() => api.post('/api/admin/verifications', { env }, { request, file: new Blob() }));
  };
  return (
    <Stack gap={24}>
      <Card gap={16}>
        <Radio.Group label={t('against')} value={against} onChange={setAgainst}>
          <Stack gap={8}>
            <Radio value="one" label={t('one')} description={t('oneHint')} />
            <Radio value="all" label={t('all')} description={t('allHint')} />
          </Stack>
        </Radio.Group>
        {one && claimed && (
          <Row between>
            <span>
              <b>{nameOf(claimed)}</b> {claimed.name !== undefined && claimed.email}
            </span>
            <Button small onClick={() => setClaimed(undefined)}>
              {t('change')}
            </Button>
          </Row>
        )}
        {one && !claimed && <Search missing={missing} choose={setClaimed} />}
      </Card>
      <Row>
        <ShowCommand find={show} />
      </Row>
      <Row>
        <Button kind="primary" onClick={() => go('camera')}>
          {t('byCamera')}
        </Button>
        <Button onClick={() => go('file')}>{t('byFile')}</Button>
      </Row>
    </Stack>
  );
}

/** People who are shown at most: who is not among them is found by more letters. */
const MOST = 8;
/** Milliseconds, while the service reads names. */
const READ_AGAIN = 1_000;

function Search({ missing, choose }: { missing: boolean; choose(person: Claimed): void }) {
  const t = useStrings(verifyStrings);
  const env = useWorld();
  const [text, setText] = useState('');
  const [search] = useDebouncedValue(text.trim(), 250);
  const people = useQuery({
    ...read('/api/admin/subjects', { env, search, limit: MOST }),
    enabled: search !== '',
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.reading ? READ_AGAIN : false),
  });
  const found = people.data?.items.filter(
    ({ email, disabledAt }) => email !== undefined && disabledAt === undefined,
  );
  return (
    <Stack gap={12}>
      <TextInput
        type="search"
        label={t('person')}
        description={t('personHint')}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
        error={missing && t('personMissing')}
        autoComplete="off"
        maxLength={254}
      />
      <Refused of={people} />
      {search !== '' && (
        <div role="status" className="small muted">
          {people.data?.reading ? t('reading') : found?.length === 0 && t('noneFound')}
        </div>
      )}
      {search !== '' && found && found.length > 0 && (
        <ul aria-label={t('found')} style={{ listStyle: 'none', padding: 0, margin: 0 }}>
          {found.map((person) => (
            <li key={person.id}>
              <Button kind="quiet" onClick={() => choose(person)}>
                {nameOf(person)}
                {person.name !== undefined && <span className="small muted"> {person.email}</span>}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Stack>
  );
}
