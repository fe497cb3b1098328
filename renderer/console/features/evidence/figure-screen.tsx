import { useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link } from '@tanstack/react-router';
import { NumberTable, ShareBars } from '../../../ui/charts/index.ts';
import { Maturity, Snippet } from '../../../ui/controls/index.ts';
import { Card, KeyValues, Note, Page, WithAside } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { Refused } from '../../operations.ts';
import styles from './evidence.module.css';
import { evidenceQuery, type PublishedFigure } from './evidence-query.ts';
import { useFigureWords, Verdict } from './figure-parts.tsx';
import { evidenceStrings } from './strings.ts';

export const Route = createLazyRoute('/evidence/$id')({ component: FigureScreen });

function FigureScreen() {
  const t = useStrings(evidenceStrings);
  const { id } = Route.useParams();
  const { data, error, refetch } = useQuery(evidenceQuery);
  const parents = [{ label: t('title'), to: '/evidence' }];
  const claim = data?.claims.find((one) => one.id === id);
  const wordsOf = useFigureWords();
  if (claim) return <FigurePage claim={wordsOf(claim)} parents={parents} />;
  return (
    <Page title={id} parents={parents} reading>
      <Refused of={{ error, refetch }} />
      {data && (
        <Note title={t('unknown', { id })}>
          <Link to="/evidence">{t('unknownText')}</Link>
        </Note>
      )}
    </Page>
  );
}

function FigurePage({
  claim,
  parents,
}: {
  claim: PublishedFigure;
  parents: { label: string; to: string }[];
}) {
  const t = useStrings(evidenceStrings);
  return (
    <Page title={claim.title} badge={<Verdict of={claim.verdict} />} lead={claim.claim} parents={parents}>
      <WithAside aside={<Source claim={claim} />}>
        {claim.chart && (
          <ShareBars title={claim.chart.finding} goal={claim.chart.goal} bars={claim.chart.bars} />
        )}
        <Card title={t('table')}>
          <NumberTable numbers={claim.table} words />
        </Card>
        <Card title={t('limits')}>
          <ul className={styles.limits}>
            {claim.limits.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </Card>
      </WithAside>
    </Page>
  );
}

/** Where the figure comes from, and how to measure it again. */
function Source({
  claim: { data, measured, commit, machine, maturity, command },
}: {
  claim: PublishedFigure;
}) {
  const t = useStrings(evidenceStrings);
  const format = useFormat();
  return (
    <>
      <Card title={t('source')}>
        <KeyValues
          entries={{
            [t('maturity')]: <Maturity level={maturity} />,
            [t('data')]: data,
            [t('measured')]: format.date(`${measured}Z`),
            [t('commit')]: <code>{commit}</code>,
            [t('machine')]: machine,
          }}
        />
      </Card>
      <Card title={t('again')} gap={8}>
        <p className="small muted">{t('againText')}</p>
        <Snippet name={t('again')} code={command} />
      </Card>
    </>
  );
}
