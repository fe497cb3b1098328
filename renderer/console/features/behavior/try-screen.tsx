import { Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { ScoreBar } from '../../../ui/badges/score-bar.tsx';
import { Button } from '../../../ui/controls/button.tsx';
import { Note } from '../../../ui/feedback/note.tsx';
import { Card, KeyValues, Row, Stack, WithAside } from '../../../ui/layout/layout.tsx';
import { Page } from '../../../ui/layout/page.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import styles from './behavior.module.css';
import { MeasuredTable } from './measured-table.tsx';
import { behaviorStrings } from './strings.ts';
import { useOwnCollector } from './use-own-collector.ts';
import { BehaviorBadge, Notes } from './verdict-parts.tsx';

export const Route = createLazyRoute('/behavior/try')({ component: TryScreen });

function TryScreen() {
  const t = useStrings(behaviorStrings);
  const { features, failed } = useOwnCollector();
  const judge = useMutation({
    mutationFn: (sessionData: Schemas['HumaSessionData']) =>
      replyOf(admin.POST('/api/admin/behavior/try', { params: { query: {} }, body: { sessionData } })),
  });
  return (
    <Page title={t('tryTitle')} lead={t('tryLead')} parents={[{ label: t('title'), to: '/behavior' }]}>
      {failed && (
        <Note kind="bad" title={t('collectorMissing')}>
          {t('collectorMissingText')}
        </Note>
      )}
      <WithAside aside={features && <MeasuredTable features={features} />}>
        <Card>
          <Stack>
            <p>{t('tryStart')}</p>
            <Textarea label={t('tryField')} description={t('tryFieldHint')} rows={3} autoComplete="off" />
            <fieldset className={styles.group}>
              <legend className="small">{t('tryButtons')}</legend>
              <Row gap={32}>
                {[1, 2, 3, 4].map((n) => (
                  <Button key={n}>{t('tryButton', { n })}</Button>
                ))}
              </Row>
            </fieldset>
            <Row>
              <Button
                kind="primary"
                busy={judge.isPending}
                disabled={features === undefined}
                onClick={() => judge.mutate(features as Schemas['HumaSessionData'])}
              >
                {t('judge')}
              </Button>
            </Row>
          </Stack>
        </Card>
        {judge.error && <LoadFailed error={judge.error} />}
        {judge.data && <Judged verdict={judge.data} />}
      </WithAside>
    </Page>
  );
}

function Judged({ verdict }: { verdict: Schemas['BehaviorTryReply'] }) {
  const t = useStrings(behaviorStrings);
  const { confidence, notes, rules, learned } = verdict;
  return (
    <div aria-live="polite">
      <Card title={t('judged')} foot={<span className="small muted">{t('judgedLead')}</span>}>
        <KeyValues
          entries={[
            [t('verdict'), <BehaviorBadge key="verdict" verdict={verdict} />],
            [t('score'), <ScoreBar key="score" score={confidence} threshold={0.5} />],
            [t('notes'), <Notes key="notes" notes={notes} />],
            [t('rules'), rules.length === 0 ? t('noRules') : rules.map(({ name }) => name).join(', ')],
          ]}
        />
      </Card>
      <Card
        title={t('judgedLearned')}
        foot={<span className="small muted">{learned ? t('judgedLearnedLead') : t('noLearnedLead')}</span>}
      >
        {learned ? <Learned verdict={learned} /> : <p>{t('noLearned')}</p>}
      </Card>
    </div>
  );
}

function Learned({ verdict }: { verdict: NonNullable<Schemas['BehaviorTryReply']['learned']> }) {
  const t = useStrings(behaviorStrings);
  const { weights, confidence, notes, logOdds } = verdict;
  return (
    <KeyValues
      entries={[
        [t('verdict'), <BehaviorBadge key="verdict" verdict={verdict} />],
        [t('score'), <ScoreBar key="score" score={confidence} threshold={0.5} />],
        [t('notes'), <Notes key="notes" notes={notes} />],
        [t('movementsCount'), logOdds === undefined ? t('noMovements') : logOdds.toFixed(2)],
        [t('weights'), <code key="weights">{weights}</code>],
      ]}
    />
  );
}
