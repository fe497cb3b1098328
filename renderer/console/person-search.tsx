import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { shortenId } from '../ui/strings/index.ts';
import { OfferingField, type SearchFieldProps, SetChip } from '../ui/tables/index.ts';
import { Named } from './actor.tsx';
import { read } from './api/admin.ts';
import { readers } from './screen-data.ts';
import { useSession, useWorld } from './session/session-query.ts';

const PERSON = /^sub_[0-9a-z]{26}$/;
/** People who are offered at most: who is not among them is found by more letters. */
const MOST = 8;
/** Milliseconds, while the service reads names. */
const READ_AGAIN = 1_000;

/** The search of a list by person: by name or address one is chosen, whose id is the value. Other text is the value as it is. */
export function PersonSearch({ label, value, change }: SearchFieldProps) {
  const env = useWorld();
  const { user } = useSession();
  const [text, setText] = useState(value);
  const [asked] = useDebouncedValue(text.trim(), 250);
  const people = useQuery({
    ...read('/api/admin/subjects', { env, search: asked, limit: MOST }),
    enabled: asked.length >= 2 && asked !== value && readers.includes(user.role),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.reading ? READ_AGAIN : false),
  });
  if (PERSON.test(value))
    return (
      <SetChip
        name={label}
        remove={() => {
          setText('');
          change('');
        }}
      >
        <span>
          <Named id={value} />
        </span>
      </SetChip>
    );
  const found = text.trim() === '' ? [] : (people.data?.items ?? []);
  return (
    <OfferingField
      label={label}
      text={text}
      setText={setText}
      offers={found.map(({ id, name, email }) => ({
        value: id,
        label: [name, email ?? shortenId(id)].filter(Boolean).join(', '),
      }))}
      choose={change}
      change={change}
    />
  );
}
