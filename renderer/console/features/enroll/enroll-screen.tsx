import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { read, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { EnrollPerson } from './enroll-person.tsx';
import { enrollStrings } from './strings.ts';

export const Route = createLazyRoute('/enroll')({ component: EnrollScreen });

function EnrollScreen() {
  const t = useStrings(enrollStrings);
  const [begun, setBegun] = useState(false);
  const env = useWorld();
  const { person: id } = Route.useSearch();
  const person = useQuery({
    ...read('/api/admin/subjects/{id}', { id: id ?? '', env }),
    enabled: id !== undefined,
  });
  const known = person.data && {
    email: person.data.email ?? '',
    ...(person.data.name !== undefined && { name: person.data.name }),
  };
  return (
    <Page title={t('title')} lead={begun ? undefined : t('lead')} reading>
      <Refused of={person} />
      {!person.isLoading && <EnrollPerson known={known} begun={setBegun} />}
    </Page>
  );
}
