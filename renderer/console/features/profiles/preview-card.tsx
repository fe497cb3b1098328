import { useDebouncedValue } from '@mantine/hooks';
import { IconArrowRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Button, RelativeTime, Verdict } from '../../../ui/controls/index.ts';
import { Card, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Schemas, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import { type CheckName, checkNames, reasonStrings } from '../../reasons/reason-strings.ts';
import type { Definition } from './profile-values.ts';
import styles from './profiles.module.css';
import { previewQuery } from './queries.ts';
import { profileStrings } from './strings.ts';

type Preview = Schemas['ProfilePreview'];
const FIRST = 5;

/** A text that stays as it is until it was not changed for a moment. */
function useSettled(definition: Definition | undefined): Definition | undefined {
  const [text] = useDebouncedValue(definition && JSON.stringify(definition), 300);
  return useMemo(() => (text === undefined ? undefined : (JSON.parse(text) as Definition)), [text]);
}

interface Props {
  slug: string;
  /** Undefined while a field is wrong. */
  definition: Definition | undefined;
}

function usePreview({ slug, definition }: Props) {
  const env = useWorld();
  return useQuery(previewQuery(env, slug, useSettled(definition)));
}

/** In the bar that saves, where the card lies far below: how many would change, and the way there. */
export function PreviewLink(props: Props) {
  const t = useStrings(profileStrings);
  const { data } = usePreview(props);
  if (props.definition === undefined || data === undefined || data.considered === 0) return null;
  const total = data.considered - data.unknown;
  return (
    <a className={styles.previewLink} href="#preview">
      {t('previewShort', { count: data.changed.length, total })}
    </a>
  );
}

/** What the settings of the form would have made of past verifications. */
export function PreviewCard({ slug, definition }: Props) {
  const t = useStrings(profileStrings);
  const query = usePreview({ slug, definition });
  const { data } = query;
  return (
    <Card title={t('previewTitle')} flush>
      <div id="preview" aria-live="polite" aria-busy={query.isFetching || undefined}>
        <div className={styles.previewHead}>
          {definition === undefined ? (
            <p className="small muted">{t('unfinished')}</p>
          ) : query.error ? (
            <Refused of={query} />
          ) : data === undefined ? (
            <p className="small muted">{t('previewChecking')}</p>
          ) : (
            <Finding preview={data} />
          )}
        </div>
        {definition && data && <Changed key={data.changed.length} preview={data} />}
      </div>
    </Card>
  );
}

function Finding({ preview: { considered, changed, unknown, oldest } }: { preview: Preview }) {
  const t = useStrings(profileStrings);
  const format = useFormat();
  const judged = considered - unknown;
  if (considered === 0) return <p className="small muted">{t('previewNone')}</p>;
  if (changed.length === 0 && judged > 0)
    return <p className="small">{t('previewSame', { count: judged })}</p>;
  const total = format.count(judged);
  return (
    <Stack gap={4}>
      <b className={styles.large}>{t('previewOf', { count: changed.length, total })}</b>
      <p className="small muted">
        {t('previewText', { count: judged, from: oldest ? format.date(oldest) : '–' })}
      </p>
    </Stack>
  );
}

function Changed({ preview: { changed, unknown, missing } }: { preview: Preview }) {
  const t = useStrings(profileStrings);
  const whatOf = useRefuser();
  const [shown, setShown] = useState(FIRST);
  return (
    <>
      <ul>
        {changed.slice(0, shown).map((one) => (
          <ChangedVerification key={one.verificationId} one={one} />
        ))}
      </ul>
      {changed.length > shown && (
        <div className={styles.more}>
          <Button small onClick={() => setShown(shown + 50)}>
            {t('previewMore', { count: Math.min(50, changed.length - shown) })}
          </Button>
        </div>
      )}
      {unknown > 0 && (
        <div className={styles.unknown}>
          <p>{t('previewUnknown', { count: unknown })}</p>
          <ul>
            {missing.map(({ what, why, verifications }) => (
              <li key={`${what} ${why}`}>
                <span className="num">{verifications}×</span>{' '}
                {t(`missing.${why}`, { what: whatOf(what) } as never)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** A check, or what else refuses, in words. */
function useRefuser(): (what: string) => string {
  const t = useStrings(profileStrings);
  const words = useStrings(reasonStrings);
  return (what) => {
    if (checkNames.some((name) => name === what)) return words(what as CheckName);
    return what === 'match' || what === 'picture' || what === 'composite' || what === 'capture'
      ? t(what)
      : what;
  };
}

const verdictOf = (verified: boolean) => (verified ? 'verified' : 'not-verified');

function ChangedVerification({ one }: { one: Preview['changed'][number] }) {
  const t = useStrings(profileStrings);
  const whatOf = useRefuser();
  return (
    <li>
      <Link className={styles.changed} to="/verifications/$id" params={{ id: one.verificationId }}>
        <span className={styles.when}>
          <b>{one.kind}</b>
          <RelativeTime at={one.at} />
        </span>
        <span className={styles.arrow}>
          <Verdict decision={verdictOf(one.verified)} />
          <IconArrowRight size={16} stroke={1.75} aria-label={t('previewWould')} />
          <Verdict decision={verdictOf(one.wouldVerify)} />
          <span className="tiny muted">{one.by.map(whatOf).join(', ')}</span>
        </span>
      </Link>
    </li>
  );
}
