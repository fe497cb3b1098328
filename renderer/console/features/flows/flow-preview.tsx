import { SegmentedControl } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { type CheckName, reasonStrings } from '../../reasons/reason-strings.ts';
import { type FlowLanguage, type FlowValues, textsIn } from './flow-values.ts';
import styles from './flows.module.css';
import { flowStrings } from './strings.ts';

/** How the texts of the form read in each language, and what verifies the person. */
export function FlowPreview({
  values,
  preview,
  error,
}: {
  values: FlowValues;
  preview: Schemas['FlowPreview'] | undefined;
  error: unknown;
}) {
  const t = useStrings(flowStrings);
  const [language, setLanguage] = useState<FlowLanguage>('en');
  return (
    <Card
      title={t('preview')}
      actions={
        <SegmentedControl
          size="xs"
          role="radiogroup"
          aria-label={t('preview')}
          value={language}
          onChange={(value) => setLanguage(value as FlowLanguage)}
          data={[
            { value: 'en', label: t('english') },
            { value: 'de', label: t('german') },
          ]}
        />
      }
    >
      <Stack gap={12}>
        {error ? <LoadFailed error={error} /> : preview && <Texts {...{ values, preview, language }} />}
        <p className="tiny muted">{t('previewNote')}</p>
      </Stack>
    </Card>
  );
}

function Texts({
  values,
  preview,
  language,
}: {
  values: FlowValues;
  preview: Schemas['FlowPreview'];
  language: FlowLanguage;
}) {
  const t = useStrings(flowStrings);
  const words = useStrings(reasonStrings);
  const texts = textsIn(language, values.texts, preview.builtIn);
  const { slug, name, checks } = preview.profile;
  return (
    <>
      <div className={styles.page} lang={language}>
        <b className={styles.heading}>{texts.title}</b>
        <p>{texts.intro}</p>
        <p className={styles.consent}>{texts.consent}</p>
        <span className={styles.start}>{texts.button}</span>
      </div>
      <dl className={styles.endings}>
        <dt>{t('success')}</dt>
        <dd>
          <Ending text={texts.success} url={values.redirects.success.trim()} language={language} />
        </dd>
        <dt>{t('failure')}</dt>
        <dd>
          <Ending text={texts.failure} url={values.redirects.failure.trim()} language={language} />
        </dd>
      </dl>
      <p className="small muted">
        {t.rich('previewChecks', {
          profile: (
            <Link to="/profiles/$slug" params={{ slug }}>
              {name}
            </Link>
          ),
          checks: checks.map((check) => words(check as CheckName)).join(', '),
        })}
      </p>
    </>
  );
}

/** The text of the page is for those who are led nowhere. */
function Ending({ text, url, language }: { text: string; url: string; language: FlowLanguage }) {
  const t = useStrings(flowStrings);
  if (url !== '') return <span className="muted">{t('leadsTo', { url })}</span>;
  return (
    <>
      <span lang={language}>{text}</span> <span className="muted">{t('staysHere')}</span>
    </>
  );
}
