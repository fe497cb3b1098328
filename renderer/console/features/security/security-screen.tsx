import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useState } from 'react';
import { z } from 'zod';
import { Badge, Button, CopyOnce, RelativeTime } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { type Columns, DataTable, useColumns } from '../../../ui/tables/index.ts';
import { auth, type OwnFace as Face, type OwnSession } from '../../api/auth.ts';
import { operators, useSession } from '../../data.ts';
import { AskedOperation, OperationForm, Refused, useOperation, WholeListTools } from '../../operations.ts';
import { useLeave, useSignOut } from '../../session/use-sign-out.ts';
import { EnrollFace } from './enroll-face.tsx';
import { nameDevice } from './name-device.ts';
import { OwnFace } from './own-face.tsx';
import { OwnPasskeys } from './own-passkeys.tsx';
import { OwnPin } from './own-pin.tsx';
import styles from './security.module.css';
import { securityStrings } from './strings.ts';

export const Route = createLazyRoute('/security')({ component: SecurityScreen });

/** How the reader signs in, and where. */
function SecurityScreen() {
  const t = useStrings(securityStrings);
  const { user } = useSession();
  const [codes, setCodes] = useState<readonly string[]>();
  const [enrolling, setEnrolling] = useState<Face['consent']>();
  if (codes)
    return (
      <Page
        title={t('codesTitle')}
        lead={t('codesText')}
        parents={[{ label: t('title'), to: '/security' }]}
        reading
      >
        <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />
      </Page>
    );
  if (enrolling)
    return (
      <Page
        title={t('enrollFaceTitle')}
        lead={t('enrollFaceLead')}
        parents={[{ label: t('title'), to: '/security' }]}
        reading
      >
        <EnrollFace consent={enrolling} done={() => setEnrolling(undefined)} />
      </Page>
    );
  return (
    <Page title={t('title')} lead={t('lead', { email: user.email })} reading>
      <OwnPasskeys />
      <NewRecoveryCodes show={setCodes} />
      <OwnFace enroll={setEnrolling} />
      <PasswordForm />
      {operators.includes(user.role) && <OwnPin />}
      <OwnSessions />
    </Page>
  );
}

const Field = fieldsOf<{ current: string; next: string }>()(securityStrings);

/** As the engine asks; it refuses known and weak passwords too. */
const SHORTEST = 12;

function PasswordForm() {
  const t = useStrings(securityStrings);
  const { user } = useSession();
  const form = useCheckedForm(
    z.object({
      current: z.string().min(1, t('currentMissing')),
      next: z.string().min(SHORTEST, t('nextShort', { count: SHORTEST })),
    }),
    { current: '', next: '' },
  );
  const change = useOperation(
    ({ current, next }: { current: string; next: string }) => auth.changePassword(current, next),
    { toast: [t('passwordChanged'), t('othersEnded')], refresh: ['own-sessions'], done: () => form.reset() },
  );
  return (
    <Card title={t('password')}>
      <OperationForm form={form} operation={change}>
        <Stack>
          {/* Password managers find the account by it. */}
          <input type="hidden" name="username" autoComplete="username" value={user.email} readOnly />
          <Field name="current" as="secret" autoComplete="current-password" />
          <Field
            name="next"
            as="secret"
            hint={t('nextHint', { count: SHORTEST })}
            autoComplete="new-password"
          />
          <Row>
            <Button type="submit" busy={change.isPending}>
              {t('changePassword')}
            </Button>
          </Row>
        </Stack>
      </OperationForm>
    </Card>
  );
}

/** New codes in place of earlier ones; `show` gets them, this once. */
function NewRecoveryCodes({ show }: { show(codes: readonly string[]): void }) {
  const t = useStrings(securityStrings);
  return (
    <Card title={t('codes')} gap={16}>
      <p className="muted">{t('codesLead')}</p>
      <Row>
        <AskedOperation
          run={() => auth.newRecoveryCodes()}
          done={show}
          title={t('makeCodesTitle')}
          confirmLabel={t('makeCodes')}
          refusal={t('noCodes')}
        >
          {t('makeCodesText')}
        </AskedOperation>
      </Row>
    </Card>
  );
}

function RecoveryCodes({ codes, done }: { codes: readonly string[]; done(): void }) {
  const t = useStrings(securityStrings);
  return (
    <Card>
      <div className={styles.codes}>
        <CopyOnce
          label={t('codes')}
          secret={codes.join('\n')}
          warning={t('codesWarning')}
          doneLabel={t('codesDone')}
          done={done}
        />
      </div>
    </Card>
  );
}

function OwnSessions() {
  const t = useStrings(securityStrings);
  const signOut = useSignOut();
  const leave = useLeave();
  const { data, error, refetch } = useQuery({ queryKey: ['own-sessions'], queryFn: () => auth.sessions() });
  const end = useOperation(
    async (sessions: readonly OwnSession[]) => {
      for (const { id } of sessions) await auth.endSession(id);
      return sessions.length;
    },
    { toast: (count) => t('sessionsEnded', { count }), settled: ['own-sessions'] },
  );
  const columns = useColumns(listColumns, securityStrings);
  const others = (data ?? []).filter(({ current }) => !current);
  return (
    <Card
      title={t('sessions')}
      actions={
        <>
          {others.length > 1 && (
            <Button busy={end.isPending} onClick={() => end.mutate(others)}>
              {t('endOthers')}
            </Button>
          )}
          <AskedOperation
            run={() => auth.endSessions()}
            done={leave}
            title={t('signOutEverywhereTitle')}
            confirmLabel={t('signOutEverywhere')}
            refusal={t('notEnded')}
          >
            {t('signOutEverywhereText')}
          </AskedOperation>
        </>
      }
      flush
    >
      <Refused of={end} title={t('notEnded')} />
      <div className={styles.flush}>
        <DataTable
          label={t('sessions')}
          columns={columns}
          rows={data}
          rowId={({ id }) => id}
          rowName={({ device, source }) => nameDevice(device) ?? source}
          secondLine={({ source, lastSeenAt }) => (
            <>
              {source}, <RelativeTime at={lastSeenAt} />
            </>
          )}
          tools={
            <WholeListTools name="own-sessions" path="/api/auth/sessions" rows={data} columns={columns} />
          }
          failed={error ? <Refused of={{ error, refetch }} /> : undefined}
          actions={(session) => [
            session.current
              ? { label: t('signOut'), onClick: () => void signOut() }
              : { label: t('endSession'), danger: true, onClick: () => end.mutate([session]) },
          ]}
        />
      </div>
    </Card>
  );
}

const listColumns: Columns<OwnSession, typeof securityStrings> = [
  {
    id: 'device',
    cell: ({ device, current }, { t }) => (
      <>
        <b title={device}>{nameDevice(device) ?? t('unknownDevice')}</b>{' '}
        {current && <Badge kind="info">{t('thisOne')}</Badge>}
      </>
    ),
  },
  { id: 'source', header: 'address', priority: 2, cell: ({ source }) => <code>{source}</code> },
  {
    id: 'seen',
    csv: 'lastSeenAt',
    header: 'lastSeen',
    priority: 2,
    cell: ({ lastSeenAt }) => <RelativeTime at={lastSeenAt} />,
  },
  { id: 'began', csv: 'createdAt', priority: 3, cell: ({ createdAt }) => <RelativeTime at={createdAt} /> },
];
