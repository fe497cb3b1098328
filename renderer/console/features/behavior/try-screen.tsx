import { Textarea } from '@mantine/core';
import { createLazyRoute } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Button, ScoreBar } from '../../../ui/controls/index.ts';
import { Card, KeyValues, Note, Page, Row, WithAside } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas } from '../../data.ts';
import { Refused, useOperation } from '../../operations.ts';
import styles from './behavior.module.css';
import { behaviorStrings } from './strings.ts';
import { BehaviorBadge, Notes } from './verdict-parts.tsx';

export const Route = createLazyRoute('/behavior/try')({ component: TryScreen });

function TryScreen() {
  const t = useStrings(behaviorStrings);
  const { features, failed } = useOwnCollector();
  const judge = useOperation((sessionData: Schemas['HumaSessionData']) =>
    api.post('/api/admin/behavior/try', {}, { sessionData }),
  );
  return (
    <Page title={t('tryTitle')} lead={t('tryLead')} parents={[{ label: t('title'), to: '/behavior' }]}>
      {failed && (
        <Note kind="bad" title={t('collectorMissing')}>
          {t('collectorMissingText')}
        </Note>
      )}
      <WithAside aside={features && <MeasuredTable features={features} />}>
        <Card gap={16}>
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
        </Card>
        <Refused of={judge} />
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
          entries={{
            [t('verdict')]: <BehaviorBadge verdict={verdict} />,
            [t('score')]: <ScoreBar score={confidence} threshold={0.5} />,
            [t('notes')]: <Notes notes={notes} />,
            [t('rules')]: rules.length === 0 ? t('noRules') : rules.map(({ name }) => name).join(', '),
          }}
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
      entries={{
        [t('verdict')]: <BehaviorBadge verdict={verdict} />,
        [t('score')]: <ScoreBar score={confidence} threshold={0.5} />,
        [t('notes')]: <Notes notes={notes} />,
        [t('movementsCount')]: logOdds === undefined ? t('noMovements') : logOdds.toFixed(2),
        [t('weights')]: <code>{weights}</code>,
      }}
    />
  );
}

type Features = Record<string, unknown>;

interface Script {
  debug(): { features: Features };
}

interface PageWithScript extends Window {
  Gatehouse?: Script;
}

const ADDRESS = '/sdk/gatehouse.js';
/** Milliseconds between two looks at the figures. */
const EVERY = 1_000;

/** The script that other pages load, in this one: it collects from the moment in which a page asks for it here. */
function useOwnCollector(): { features: Features | undefined; failed: boolean } {
  const [features, setFeatures] = useState<Features>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const page = window as PageWithScript;
    const look = () => setFeatures(page.Gatehouse?.debug().features);
    if (!page.Gatehouse && !document.querySelector(`script[src="${ADDRESS}"]`)) {
      const script = document.createElement('script');
      script.src = ADDRESS;
      script.onload = look;
      script.onerror = () => {
        script.remove();
        setFailed(true);
      };
      document.head.append(script);
    }
    look();
    const timer = setInterval(look, EVERY);
    return () => clearInterval(timer);
  }, []);
  return { features, failed };
}

/** Every field of a window with its value, by its name on the wire. */
function MeasuredTable({ features }: { features: Record<string, unknown> }) {
  const t = useStrings(behaviorStrings);
  return (
    <Card title={t('measured')} flush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className={styles.measured} tabIndex={0} aria-label={t('measured')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('field')}</th>
              <th scope="col">{t('value')}</th>
            </tr>
          </thead>
          <tbody>
            {rowsOf(features).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td className="num">
                  {value === null ? <span className="muted">{t('notMeasured')}</span> : String(value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

const rowsOf = (value: object, before = ''): (readonly [string, unknown])[] =>
  Object.entries(value).flatMap(([name, inside]) =>
    typeof inside === 'object' && inside !== null
      ? rowsOf(inside, `${before}${name}.`)
      : [[before + name, inside] as const],
  );
