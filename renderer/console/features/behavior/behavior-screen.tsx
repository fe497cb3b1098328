import { NativeSelect } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, useNavigate } from '@tanstack/react-router';
import { Maturity } from '../../../ui/badges/badge.tsx';
import { StackedColumns } from '../../../ui/charts/stacked-columns.tsx';
import { ButtonLink } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { useFormat } from '../../../ui/format/use-format.ts';
import { Card, Columns, Row, Stack, WithAside } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { useWorld } from '../../session/session-query.ts';
import { Keys, Thresholds } from './behavior-cards.tsx';
import { Figures } from './figures-card.tsx';
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
    queryKey: ['behavior-scores', env, span],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/behavior/scores', { params: { query: { env, span } }, signal })),
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
          {query.error && <LoadFailed error={query.error} retry={() => void query.refetch()} />}
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
