import { NativeSelect } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconUserPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute, Link, useNavigate } from '@tanstack/react-router';
import { RankedBars, StackedColumns } from '../../../ui/charts/index.ts';
import { ButtonLink, Figure, Gauge } from '../../../ui/controls/index.ts';
import { Card, Columns, Page, Stack, WithAside } from '../../../ui/layout/index.ts';
import { useFormat, useLanguage, useStrings } from '../../../ui/strings/index.ts';
import { operators, read, type Schemas, useSession, useWorld } from '../../data.ts';
import { useNavigation } from '../../frame/use-navigation.ts';
import { Refused } from '../../operations.ts';
import { useAttentionText } from '../../reasons/attention-text.ts';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { reasonKey, reasonStrings } from '../../reasons/reason-strings.ts';
import { wilsonInterval } from '../../wilson.ts';
import { columnsOf } from './hours.ts';
import styles from './overview.module.css';
import { overviewStrings } from './strings.ts';
import { ThisBox } from './this-box.tsx';

export const Route = createLazyRoute('/overview')({ component: OverviewScreen });

type Overview = Schemas['Overview'];
/** Milliseconds after which the figures are read again. */
const EVERY = 30_000;

function OverviewScreen() {
  const t = useStrings(overviewStrings);
  const format = useFormat();
  const env = useWorld();
  const { user } = useSession();
  const { span = 'day' } = Route.useSearch();
  const query = useQuery({
    ...read('/api/admin/overview', { env, span }),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY,
  });
  const overview = query.data;
  const world = env === 'live' ? t('live') : t('test');
  const lead = { world, time: format.dateTime(overview?.at ?? Date.now()) };
  return (
    <Page
      title={t('title')}
      lead={span === 'day' ? t('leadDay', lead) : t('leadWeek', lead)}
      actions={
        <>
          <SpanChoice span={span} />
          {operators.includes(user.role) && (
            <ButtonLink to="/enroll" kind="primary" icon={IconUserPlus}>
              {t('enroll')}
            </ButtonLink>
          )}
        </>
      }
    >
      <Refused of={query} />
      {overview && (
        <Stack gap={24}>
          <AttentionList items={overview.attention} />
          <Figures overview={overview} />
          <WithAside aside={<ThisBox overview={overview} />}>
            <PerHour overview={overview} span={span} />
            <WhyNot overview={overview} />
          </WithAside>
        </Stack>
      )}
    </Page>
  );
}

function SpanChoice({ span }: { span: 'day' | 'week' }) {
  const t = useStrings(overviewStrings);
  const navigate = useNavigate();
  return (
    <NativeSelect
      aria-label={t('span')}
      value={span}
      data={[
        { value: 'day', label: t('day') },
        { value: 'week', label: t('week') },
      ]}
      onChange={({ target }) =>
        void navigate({
          to: '.',
          search: (now) => ({ ...now, span: target.value === 'week' ? 'week' : undefined }),
        })
      }
    />
  );
}

function Figures({ overview }: { overview: Overview }) {
  const t = useStrings(overviewStrings);
  const format = useFormat();
  const heldFor = useStrings(heldForStrings);
  const { verifications, people, pictures, gallery, reasons } = overview;
  const unverified = verifications.notVerified + verifications.refused;
  const all = verifications.verified + unverified;
  const interval = wilsonInterval(verifications.verified, all);
  const since = reasons[0]?.filter.from ?? verifications.hours[0]?.from;
  return (
    <Columns n={4}>
      <Card>
        <Figure label={t('verifications')} value={format.count(all)}>
          <Link to="/verifications" search={{ decision: 'unverified', from: since }}>
            {t('refusedLink', { count: unverified })}
          </Link>
        </Figure>
      </Card>
      <Card>
        <Figure label={t('share')} value={all === 0 ? '–' : format.percent(verifications.verified / all)}>
          {interval === undefined
            ? t('noShare')
            : t('interval', {
                low: format.percent(interval.low).replace(/\s*%/, ''),
                high: format.percent(interval.high),
              })}
        </Figure>
      </Card>
      <Card>
        <Figure label={t('people')} value={format.count(people)}>
          {t('pictures', { count: pictures })}
        </Figure>
      </Card>
      <Card>
        <Figure
          label={t('gallery')}
          value={format.count(gallery.people)}
          of={t('ofSafe', { safe: gallery.safePeople })}
        >
          {t('safe', { rate: format.rate(gallery.rate), heldFor: heldFor(gallery.holdsFor) })}
          <Gauge
            share={gallery.safePeople === 0 ? 1 : gallery.people / gallery.safePeople}
            label={t('galleryGauge', { people: gallery.people, safe: gallery.safePeople })}
          />
        </Figure>
      </Card>
    </Columns>
  );
}

function PerHour({ overview: { verifications }, span }: { overview: Overview; span: 'day' | 'week' }) {
  const t = useStrings(overviewStrings);
  const format = useFormat();
  const { locale } = useLanguage();
  const hour = new Intl.DateTimeFormat(locale, { hour: '2-digit', hourCycle: 'h23' });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short' });
  const { verified, notVerified, refused } = verifications;
  return (
    <StackedColumns
      title={span === 'day' ? t('perHour') : t('perDay')}
      firstColumn={t('from')}
      finding={t('finding', { verified, notVerified, refused })}
      stacks={[
        { label: t('verified'), fill: 'ok' },
        { label: t('notVerified'), fill: 'warn' },
        { label: t('refused'), fill: 'bad' },
      ]}
      columns={columnsOf(verifications.hours, {
        tick: (at) => (span === 'day' ? hour : weekday).format(new Date(at)).replace(/\D*Uhr/, ''),
        label: (at) => format.dateTime(at),
      })}
    />
  );
}

function WhyNot({ overview: { reasons, verifications } }: { overview: Overview }) {
  const t = useStrings(overviewStrings);
  const words = useStrings(reasonStrings);
  const unverified = verifications.notVerified + verifications.refused;
  const from = reasons[0]?.filter.from;
  if (reasons.length === 0) {
    const nothing = verifications.verified === 0;
    return (
      <Card title={t('whyNot')}>
        <p className="small muted">{nothing ? t('none') : t('allVerified')}</p>
      </Card>
    );
  }
  return (
    <Card
      title={t('whyNot')}
      flush
      actions={
        <Link to="/verifications" search={{ decision: 'unverified', from }} className="small">
          {t('all', { count: unverified })}
        </Link>
      }
    >
      <RankedBars
        label={t('whyNot')}
        bars={reasons.map(({ reason, decidedBy, count, filter }) => ({
          key: `${reason} ${decidedBy ?? ''}`,
          value: count,
          label: (
            <Link to="/verifications" search={filter}>
              {words(reasonKey(reason, decidedBy))}
            </Link>
          ),
        }))}
      />
    </Card>
  );
}

const icons = { now: IconAlertTriangle, soon: IconAlertTriangle, note: IconInfoCircle };

/** Only items that need an action, the most urgent first, each with one button. */
function AttentionList({ items }: { items: readonly Schemas['Attention'][] }) {
  const t = useStrings(overviewStrings);
  const textOf = useAttentionText();
  const { user } = useSession();
  // A screen that the reader may not open gets no button.
  const open = new Set(useNavigation().flatMap(({ entries }) => entries.map(({ to }) => to)));
  const isOpen = (screen: string) => (screen === 'setup' ? user.applianceOwner : open.has(`/${screen}`));
  if (items.length === 0)
    return (
      <p className={styles.calm}>
        <IconCircleCheck size={18} stroke={1.75} aria-hidden="true" />
        {t('nothing')}
      </p>
    );
  return (
    <Card
      title={t('attention')}
      flush
      actions={<span className="small muted">{t('open', { count: items.length })}</span>}
    >
      <ul className={styles.attention}>
        {items.map((item) => {
          const { code, urgency, sentence, screen } = item;
          const { title, text, reason } = textOf(item);
          const Icon = icons[urgency];
          return (
            <li key={`${code} ${sentence}`}>
              <span className={styles.icon} data-urgency={urgency}>
                <Icon size={18} stroke={1.75} aria-hidden="true" />
              </span>
              <div>
                <b>{title}</b>
                {reason !== undefined && (
                  <p className="small" lang="en">
                    {reason}
                  </p>
                )}
                <p className="small muted">{text}</p>
              </div>
              {screen !== undefined && isOpen(screen) && (
                <ButtonLink to={`/${screen}` as '/overview'} small>
                  {t('look')}
                </ButtonLink>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
