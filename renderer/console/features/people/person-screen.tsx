import { IconUserCheck } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createLazyRoute, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Button, ButtonLink, Id, RelativeTime } from '../../../ui/controls/index.ts';
import {
  Card,
  KeyValues,
  Note,
  Page,
  Row,
  Stack,
  TypedNameDialog,
  WithAside,
} from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import {
  admin,
  api,
  managers,
  operators,
  read,
  replyOf,
  type Schemas,
  saveFile,
  useSession,
  useWorld,
} from '../../data.ts';
import { AskedOperation, Refused, RunButton, RunCommand, useOperation } from '../../operations.ts';
import { Timeline } from '../../timeline/timeline.tsx';
import { ChangePerson } from './change-person.tsx';
import { Consent } from './consent-card.tsx';
import { DistinctPeople } from './distinct-people.tsx';
import { nameOf, State } from './people-screen.tsx';
import { Pictures } from './pictures.tsx';
import { peopleStrings } from './strings.ts';

export const Route = createLazyRoute('/people/$id')({ component: PersonScreen });

type Person = Schemas['SubjectWithPictures'];

function PersonScreen() {
  const t = useStrings(peopleStrings);
  const { id } = Route.useParams();
  const { user } = useSession();
  const env = useWorld();
  const query = useQuery(read('/api/admin/subjects/{id}', { id, env }));
  const person = query.data;
  return (
    <Page
      title={person ? nameOf(person) : t('subject')}
      badge={person && <State person={person} />}
      lead={person?.name === undefined ? undefined : person.email}
      parents={[{ label: t('title'), to: '/people' }]}
      actions={
        person?.email !== undefined &&
        person.disabledAt === undefined &&
        operators.includes(user.role) && (
          <ButtonLink to="/verify" search={{ person: person.id }} kind="primary" icon={IconUserCheck}>
            {t('verifyPerson', { name: nameOf(person) })}
          </ButtonLink>
        )
      }
    >
      <Refused of={query} />
      {person && (
        <Stack gap={24}>
          {person.disabledAt !== undefined && (
            <Note
              kind="warn"
              title={t.rich('disabledSince', { time: <RelativeTime at={person.disabledAt} /> })}
            >
              {t('disabledNote')}
            </Note>
          )}
          {person.unreadable !== undefined && (
            <Note kind="warn" title={t('damagedTitle')}>
              {t('damagedText', { fields: person.unreadable.map((field) => t(field)).join(', ') })}
            </Note>
          )}
          <WithAside aside={<Aside person={person} />}>
            <Pictures person={person} />
            <History id={person.id} />
            <Circumstances person={person} />
          </WithAside>
        </Stack>
      )}
    </Page>
  );
}

function Aside({ person }: { person: Person }) {
  const t = useStrings(peopleStrings);
  const { user } = useSession();
  const mayChange = operators.includes(user.role);
  return (
    <>
      <Card title={t('details')} actions={mayChange && <ChangePerson person={person} />}>
        <KeyValues
          entries={{
            [t('id')]: <Id id={person.id} name={t('id')} />,
            [t('email')]: person.email,
            [t('birthDate')]: person.birthDate,
            [t('world')]: person.env === 'live' ? t('live') : t('test'),
            [t('enrolled')]: <RelativeTime at={person.createdAt} />,
            [t('changed')]: <RelativeTime at={person.updatedAt} />,
          }}
        />
      </Card>
      <Consent id={person.id} />
      <DistinctPeople person={person} mayChange={mayChange} />
      {mayChange && (
        <Card title={t('end')} gap={12}>
          <DisablePerson person={person} />
          {managers.includes(user.role) && (
            <>
              <p className="small muted">{t('exportText')}</p>
              <ExportPerson person={person} />
              <p className="small muted">{t('endText')}</p>
              <ErasePerson person={person} />
            </>
          )}
        </Card>
      )}
    </>
  );
}

function History({ id }: { id: string }) {
  const t = useStrings(peopleStrings);
  const env = useWorld();
  const query = useQuery({ ...read('/api/admin/subjects/{id}/timeline', { id, env }), staleTime: 0 });
  return (
    <Timeline
      query={query}
      person={id}
      actions={
        <Link to="/verifications" search={{ person: id }} className="small">
          {t('allVerifications')}
        </Link>
      }
    />
  );
}

function Circumstances({ person: { devices, places } }: { person: Person }) {
  const t = useStrings(peopleStrings);
  const rows = [
    ...devices.map(({ userAgent, times, lastAt }) => ({ name: userAgent ?? '–', times, lastAt })),
    ...places.map(({ country, timeZone, times, lastAt }) => ({
      name: [country, timeZone].filter(Boolean).join(', ') || '–',
      times,
      lastAt,
    })),
  ];
  return (
    <Card title={t('devices')}>
      {rows.length === 0 && <p className="small muted">{t('noDevices')}</p>}
      <Stack gap={12}>
        {rows.map(({ name, times, lastAt }) => (
          <Row key={`${name} ${lastAt}`} between>
            <span style={{ overflowWrap: 'anywhere' }}>{name}</span>
            <span className="small muted">
              {t('times', { count: times })}, <RelativeTime at={lastAt} />
            </span>
          </Row>
        ))}
      </Stack>
    </Card>
  );
}

/** All that is held about the person, as a file. Asks for a fresh second factor. */
function ExportPerson({ person: { id, env } }: { person: Schemas['Subject'] }) {
  const t = useStrings(peopleStrings);
  const write = useOperation(() => api.get('/api/admin/subjects/{id}/export', { id, env }), {
    done: (record) => saveFile(`${id}.json`, JSON.stringify(record, null, 2), 'application/json'),
  });
  const print = useOperation(
    () =>
      replyOf(
        admin.GET('/api/admin/subjects/{id}/export', {
          params: { path: { id }, query: { env, format: 'pdf' } },
          parseAs: 'blob',
        }),
      ),
    { done: (file) => saveFile(`${id}.pdf`, file as unknown as Blob, 'application/pdf') },
  );
  return (
    <>
      <Refused of={write} />
      <Refused of={print} />
      <Row gap={8}>
        <RunButton of={print}>{t('exportPdf')}</RunButton>
        <RunButton of={write}>{t('export')}</RunButton>
      </Row>
    </>
  );
}

/** Disables after a question; enables at once. */
function DisablePerson({ person }: { person: Schemas['Subject'] }) {
  const { id, env, disabledAt } = person;
  const t = useStrings(peopleStrings);
  const params = { id, env };
  const enable = useOperation(() => api.post('/api/admin/subjects/{id}/enable', params), {
    toast: t('enabledToast'),
    refresh: ['subjects'],
  });
  if (disabledAt !== undefined)
    return (
      <>
        <Refused of={enable} />
        <RunButton of={enable}>{t('enable')}</RunButton>
      </>
    );
  return (
    <AskedOperation
      run={() => api.post('/api/admin/subjects/{id}/disable', params)}
      toast={t('disabledToast')}
      refresh={['subjects']}
      title={t('disableTitle', { name: nameOf(person) })}
      confirmLabel={t('disable')}
    >
      {t('disableText')}
    </AskedOperation>
  );
}

/** Grade 3: the name is typed, a fresh second factor is asked for, and it ends on the receipt. */
function ErasePerson({ person }: { person: Schemas['SubjectWithPictures'] }) {
  const { id, env } = person;
  const t = useStrings(peopleStrings);
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState(false);
  const erase = useOperation(
    () =>
      api.post(
        '/api/admin/subjects/{id}/erase',
        { id, env },
        { confirm: id, reason: 'request', prove: true },
      ),
    {
      done: async (receipt) => {
        // Nothing of the person stays in the memory of the page.
        queryClient.clear();
        queryClient.setQueryData(['receipt', receipt.erasure], receipt);
        await navigate({ to: '/receipts/$id', params: { id: receipt.erasure }, replace: true });
      },
    },
  );
  const name = nameOf(person);
  return (
    <>
      <Button kind="dangerQuiet" onClick={() => setAsked(true)}>
        {t('erase')}
      </Button>
      <TypedNameDialog
        opened={asked}
        title={t('eraseTitle', { name })}
        name={name}
        confirmLabel={t('eraseConfirm')}
        cancelLabel={t('keep')}
        busy={erase.isPending}
        failed={<Refused of={erase} />}
        command={<RunCommand run={erase.run} />}
        gone={[t('goneIdentity'), t('goneTemplates', { count: person.pictures.length }), t('goneHistory')]}
        stays={[t('staysReceipt'), t('staysAudit')]}
        onConfirm={() => erase.mutate()}
        onCancel={() => setAsked(false)}
      >
        {t('eraseText')}
      </TypedNameDialog>
    </>
  );
}
