import { NativeSelect } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link, useNavigate } from '@tanstack/react-router';
import { StackedColumns } from '../../../ui/charts/index.ts';
import { ButtonLink, Maturity } from '../../../ui/controls/index.ts';
import { Card, Columns, KeyValues, Note, Page, Row, Stack, WithAside } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { managers, read, type Schemas, useSession, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { evidenceQuery, FigureSentence, Verdict } from '../evidence/index.ts';
import styles from './behavior.module.css';
import { behaviorStrings } from './strings.ts';
import { VerdictList } from './verdict-list.tsx';

export const Route = createLazyRoute('/behavior')({ component: BehaviorScreen });

/** Milliseconds after which the figures are read again. */
const EVERY = 10_000;

function BehaviorScreen() {
  const t = useStrings(behaviorStrings);
  const env = useWorld();
  const { span = 'week', human, after } = Route.useSearch();
  const query = useQuery({
    ...read('/api/admin/behavior/scores', { env, span }),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY,
  });
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        <>
          <SpanChoice span={span} />
          <ButtonLink to="/behavior/settings">{t('settings')}</ButtonLink>
          <ButtonLink to="/behavior/try" kind="primary">
            {t('tryIt')}
          </ButtonLink>
        </>
      }
    >
      <Stack gap={24}>
        <Note
          title={
            <Row>
              {t('maturityTitle')} <Maturity level="experimental" />
            </Row>
          }
        >
          {t('maturity')}
        </Note>
        <WithAside aside={<Thresholds />}>
          <Refused of={query} />
          {query.data && <Distribution scores={query.data} />}
        </WithAside>
        <VerdictList human={human} after={after} every={EVERY} />
        <Columns n={2} collapse>
          <Keys />
          <Figures />
        </Columns>
      </Stack>
    </Page>
  );
}

function SpanChoice({ span }: { span: 'day' | 'week' | 'month' }) {
  const t = useStrings(behaviorStrings);
  const navigate = useNavigate();
  return (
    <NativeSelect
      aria-label={t('span')}
      value={span}
      data={(['day', 'week', 'month'] as const).map((value) => ({ value, label: t(value) }))}
      onChange={({ target: { value } }) =>
        void navigate({
          to: '.',
          search: (now) => ({ ...now, span: value === 'week' ? undefined : (value as 'day' | 'month') }),
        })
      }
    />
  );
}

function Distribution({ scores }: { scores: Schemas['BehaviorScores'] }) {
  const t = useStrings(behaviorStrings);
  const format = useFormat();
  const { verdicts, humans, agents, bins } = scores;
  if (verdicts === 0)
    return (
      <Card title={t('distribution')}>
        <p className="small muted">{t('noScores')}</p>
      </Card>
    );
  return (
    <StackedColumns
      title={t('distribution')}
      firstColumn={t('score')}
      finding={t('finding', {
        humans: format.count(humans),
        verdicts: format.count(verdicts),
        agents: format.count(agents),
      })}
      stacks={[
        { label: t('notAgents'), fill: 'ok' },
        { label: t('agents'), fill: 'bad' },
      ]}
      columns={bins.map((bin) => ({
        tick: String(bin.from),
        label: `${bin.from}–${bin.to}`,
        values: [bin.verdicts - bin.agents, bin.agents],
      }))}
    />
  );
}

/** The claims of the evidence report that are about behavior. */
const claimIds: readonly string[] = ['behavior', 'speed-behavior'];

/** What is published about the score: what holds, what does not, and where the figures are. */
function Figures() {
  const t = useStrings(behaviorStrings);
  const { data, error, refetch } = useQuery(evidenceQuery);
  const claims = data?.claims.filter(({ id }) => claimIds.includes(id));
  return (
    <Card title={t('figures')}>
      <Refused of={{ error, refetch }} />
      <Stack gap={16}>
        {claims?.map((claim) => (
          <div key={claim.id} className="small">
            <div className={styles.badges}>
              <Verdict of={claim.verdict} />
              <Maturity level={claim.maturity} />
            </div>
            <p>
              <FigureSentence of={claim} />
            </p>
            <Link to="/evidence/$id" params={{ id: claim.id }}>
              {t(claim.id === 'behavior' ? 'figuresAll' : 'figuresSpeed')}
            </Link>
          </div>
        ))}
      </Stack>
    </Card>
  );
}

const MOST = 200;

function Thresholds() {
  const t = useStrings(behaviorStrings);
  return (
    <Card title={t('thresholds')}>
      <KeyValues
        entries={{
          [t('humanAt')]: t('humanFrom'),
          [t('borderline')]: t('borderlineText'),
          [t('anomaly')]: t('anomalyText'),
          [t('block')]: t('blockText'),
        }}
      />
    </Card>
  );
}

/** The keys that may ask, and from which pages. */
function Keys() {
  const t = useStrings(behaviorStrings);
  const env = useWorld();
  const { user } = useSession();
  const query = useQuery(read('/api/admin/keys', { limit: MOST }));
  const keys = query.data?.items.filter(
    (key) => key.env === env && key.scopes.includes('behavior') && key.revokedAt === undefined,
  );
  return (
    <Card
      title={t('keys')}
      actions={
        managers.includes(user.role) && (
          <Link to="/keys/new" className="small">
            {t('createKey')}
          </Link>
        )
      }
    >
      <Refused of={query} />
      {keys?.length === 0 && <p className="small muted">{t('keysNone')}</p>}
      <Stack gap={12}>
        {keys?.map(({ id, name, prefix, hint, origins }) => (
          <div key={id} className="small">
            <b>{name || t('unnamedKey', { hint: `${prefix}_…${hint}` })}</b>
            {origins.length === 0 ? (
              <div className="muted">{t('anyOrigin')}</div>
            ) : (
              origins.map((origin) => (
                <div key={origin}>
                  <code>{origin}</code>
                </div>
              ))
            )}
          </div>
        ))}
      </Stack>
    </Card>
  );
}
