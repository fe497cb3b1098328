import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card, KeyValues, Stack, WithAside } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { managers } from '../../screen-data.ts';
import { useSession } from '../../session/session-query.ts';
import { LookCard } from './look-card.tsx';
import { SettingsForm } from './settings-form.tsx';
import { settingsStrings } from './strings.ts';

export const Route = createLazyRoute('/settings')({ component: SettingsScreen });

function SettingsScreen() {
  const t = useStrings(settingsStrings);
  const { user } = useSession();
  const organization = useQuery(organizationQuery);
  const retention = useQuery({
    queryKey: ['retention'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/retention', { params: { query: {} }, signal })),
  });
  const limits = useQuery({
    queryKey: ['limits'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/limits', { params: { query: {} }, signal })),
  });
  const error = organization.error ?? retention.error ?? limits.error;
  const mayChange = managers.includes(user.role);
  return (
    <Page title={t('title')} lead={t('lead')}>
      {error && <LoadFailed error={error} retry={() => void organization.refetch()} />}
      {!mayChange && <Note title={t('readOnly')} />}
      <WithAside
        aside={
          <>
            {organization.data && <Facts organization={organization.data} />}
            {user.applianceOwner && user.role === 'owner' && <OfTheBox />}
            {limits.data && <Limits limits={limits.data} />}
          </>
        }
      >
        {organization.data && retention.data && (
          <SettingsForm organization={organization.data} retention={retention.data} mayChange={mayChange} />
        )}
        {organization.data && (
          <LookCard key={organization.data.color} organization={organization.data} mayChange={mayChange} />
        )}
      </WithAside>
    </Page>
  );
}

function Facts({ organization }: { organization: Schemas['Organization'] }) {
  const t = useStrings(settingsStrings);
  const format = useFormat();
  return (
    <Card title={t('facts')}>
      <KeyValues
        entries={[
          [t('id'), <code key="id">{organization.id}</code>],
          [t('since'), format.date(organization.createdAt)],
        ]}
      />
    </Card>
  );
}

/** What the assistant asks, to be changed later in the same way. */
function OfTheBox() {
  const t = useStrings(settingsStrings);
  return (
    <Card title={t('box')}>
      <Stack gap={8}>
        <p className="small muted">{t('boxLead')}</p>
        {(['name', 'attack-detection', 'consent', 'destinations'] as const).map((step) => (
          <Link key={step} to="/setup" search={{ step }}>
            {t(`box-${step}`)}
          </Link>
        ))}
      </Stack>
    </Card>
  );
}

function Limits({ limits }: { limits: Schemas['Limits'] }) {
  const t = useStrings(settingsStrings);
  const format = useFormat();
  const use = ({ used, limit }: Schemas['Limits']['organization']) =>
    limit === undefined ? t('unlimited', { used }) : t('usedOf', { used, limit });
  return (
    <Card title={t('limits')}>
      <Stack gap={12}>
        <KeyValues
          entries={[
            [t('month', { month: limits.month }), use(limits.organization)],
            [t('visits'), use(limits.visits)],
            [t('burst'), format.count(limits.burst)],
            [t('perUser'), format.count(limits.perUser)],
            [t('perAddress'), format.count(limits.perAddress)],
            [t('trialUntil'), limits.trialUntil && format.date(limits.trialUntil)],
          ]}
        />
        <p className="small muted">{t.rich('limitsLead', { code: (inside) => <code>{inside}</code> })}</p>
      </Stack>
    </Card>
  );
}
