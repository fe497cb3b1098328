import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { useWatch } from 'react-hook-form';
import { z } from 'zod';
import { LinkButton, Snippet } from '../../../ui/controls/index.ts';
import { fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Dialog, DialogFoot, Note, Page, Row, Stack } from '../../../ui/layout/index.ts';
import {
  defineStrings,
  type Language,
  languages,
  useFormat,
  useLanguage,
  useStrings,
} from '../../../ui/strings/index.ts';
import { api, managers, organizationQuery, read, type Schemas, useSession } from '../../data.ts';
import { LoadFailed, OperationForm, Refused, Submit, useOperation } from '../../operations.ts';
import styles from './consent.module.css';
import de from './strings.de.json' with { type: 'json' };
import en from './strings.en.json' with { type: 'json' };
import { type OwnText, type TextValues, toText, toValues } from './text-values.ts';

const consentStrings = defineStrings('console/features/consent/strings', en, de);

export const Route = createLazyRoute('/consent-text')({ component: ConsentTextScreen });

/** The consent text of the organization: what it says of its own, as people read it, and every version. */
function ConsentTextScreen() {
  const t = useStrings(consentStrings);
  const { user } = useSession();
  const organization = useQuery(organizationQuery);
  const version = organization.data?.consentText?.version;
  const published = useQuery({
    ...read('/api/admin/consent-text/versions/{version}', { version: version ?? 0 }),
    enabled: version !== undefined,
  });
  const error = organization.error ?? published.error;
  const isReady = organization.data && (version === undefined || published.data?.version === version);
  const mayChange = managers.includes(user.role);
  return (
    <Page title={t('title')} lead={t('lead')} parents={[{ label: t('settings'), to: '/settings' }]}>
      {error && <LoadFailed error={error} retry={() => void organization.refetch()} />}
      {!mayChange && <Note title={t('readOnly')} />}
      {organization.data && <State organization={organization.data} />}
      {isReady && mayChange && (
        <TextForm key={version ?? 0} published={published.data} version={version ?? 0} />
      )}
      {isReady && !mayChange && <Shown />}
      {version !== undefined && version > 1 && <Versions newest={version} />}
    </Page>
  );
}

function State({ organization: { consentText } }: { organization: Schemas['Organization'] }) {
  const t = useStrings(consentStrings);
  const format = useFormat();
  if (!consentText) return <Note title={t('builtIn')} />;
  const { version, publishedAt } = consentText;
  return (
    <Note kind="ok" title={t('current', { version: String(version), date: format.date(publishedAt) })}>
      {t('currentText')}
    </Note>
  );
}

const Field = fieldsOf<TextValues>()(consentStrings);
const line = z.string().max(300);
const paragraphs = z.string().max(8000);
const schema = z.object({
  controller: line,
  contact: line,
  complaint: line,
  retentionEn: line,
  retentionDe: line,
  apart: z.boolean(),
  own: z.boolean(),
  textEn: paragraphs,
  textDe: paragraphs,
  ownLive: z.boolean(),
  liveEn: paragraphs,
  liveDe: paragraphs,
});

function TextForm({ published, version }: { published: OwnText | undefined; version: number }) {
  const t = useStrings(consentStrings);
  const form = useCheckedForm<TextValues>(schema, toValues(published ?? {}));
  const publish = useOperation(
    (values: TextValues) => api.put('/api/admin/consent-text', {}, toText(values)),
    {
      toast: t('published'),
      refresh: ['organization', 'consent-text'],
    },
  );
  const [asked, setAsked] = useState<TextValues>();
  const values = useDeferredValue(useWatch({ control: form.control }) as TextValues);
  const ask = { ...publish, mutate: setAsked } as unknown as typeof publish;
  return (
    <>
      <OperationForm form={form} operation={ask} refusal={t('notPublished')}>
        <Card title={t('who')} gap={16}>
          <Field name="controller" optional maxLength={300} />
          <Field name="contact" optional maxLength={300} />
          <Field name="complaint" optional maxLength={300} />
          <Field name="retentionEn" optional maxLength={300} />
          <Field name="retentionDe" optional maxLength={300} />
        </Card>
        <Card title={t('purposes')} gap={16}>
          <Field name="apart" as="check" />
        </Card>
        <Card title={t('ownTitle')} gap={16}>
          <p className="small muted">{t('ownText', { placeholder: '{organization}' })}</p>
          <Field name="own" as="switch" />
          {values.own && (
            <>
              <Field name="textEn" as="lines" rows={10} optional hint={t('textOther')} />
              <Field name="textDe" as="lines" rows={10} optional hint={t('textOther')} />
            </>
          )}
        </Card>
        <Card title={t('ownLiveTitle')} gap={16}>
          <p className="small muted">{t('ownLiveText', { placeholder: '{organization}' })}</p>
          <Field name="ownLive" as="switch" />
          {values.ownLive && (
            <>
              <Field name="liveEn" as="lines" rows={6} optional hint={t('textOther')} />
              <Field name="liveDe" as="lines" rows={6} optional hint={t('textOther')} />
            </>
          )}
        </Card>
        <Preview text={toText(values)} />
        <Submit of={publish} back="/settings">
          {t('publish')}
        </Submit>
      </OperationForm>
      {asked && (
        <Dialog title={t('publishTitle', { version: String(version + 1) })} close={() => setAsked(undefined)}>
          <p>{t('publishText')}</p>
          <Refused of={publish} title={t('notPublished')} />
          <DialogFoot
            confirmLabel={t('publish')}
            busy={publish.isPending}
            onConfirm={() => publish.mutate(asked, { onSuccess: () => setAsked(undefined) })}
            onCancel={() => setAsked(undefined)}
          />
        </Dialog>
      )}
    </>
  );
}

/** As people would read it, from the box itself. */
function Preview({ text }: { text: OwnText }) {
  const preview = useQuery({
    queryKey: ['consent-text', 'preview', text],
    queryFn: () => api.post('/api/admin/consent-text/preview', {}, text),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <Refused of={preview} />
      {preview.data && <Screens {...preview.data} />}
    </>
  );
}

function Shown() {
  const text = useQuery(read('/api/admin/consent-text'));
  return (
    <>
      <Refused of={text} />
      {text.data && <Screens kiosk={text.data} page={text.data.page} />}
    </>
  );
}

function Screens({ kiosk, page }: Schemas['ConsentTextPreview']) {
  const t = useStrings(consentStrings);
  const own = useLanguage();
  const [language, choose] = useState<Language>(own.language);
  return (
    <Card
      title={t('preview')}
      actions={
        <SegmentedControl
          role="radiogroup"
          aria-label={t('previewLanguage')}
          value={language}
          onChange={(value) => choose(value as Language)}
          data={languages.map((one) => ({ value: one, label: t(one) }))}
        />
      }
    >
      <div className={styles.screens}>
        <figure className={styles.screen}>
          <figcaption>{t('kiosk')}</figcaption>
          <b>{t('consentTitle')}</b>
          <Paragraphs label={t('kiosk')} of={kiosk.text[language]} />
          {kiosk.apart && (
            <Stack gap={4}>
              {kiosk.purposes.map((purpose) => (
                <span key={purpose} className="small">
                  ☐ {t(purpose)}
                </span>
              ))}
            </Stack>
          )}
          <div className={styles.buttons} aria-hidden="true">
            <span>{t('decline')}</span>
            <span>{t('agree')}</span>
          </div>
        </figure>
        <figure className={styles.screen}>
          <figcaption>{t('page')}</figcaption>
          <b>{t('fullText')}</b>
          <Paragraphs label={t('page')} of={page.text[language]} />
          <p className="small">{page.retention[language]}</p>
          <p className="small">{page.withdraw[language]}</p>
          <div className={styles.buttons} aria-hidden="true">
            <span className={styles.wide}>{t('start')}</span>
          </div>
        </figure>
      </div>
    </Card>
  );
}

function Paragraphs({ label, of }: { label: string; of: readonly string[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={styles.text} aria-label={label} tabIndex={0}>
      {of.map((paragraph) => (
        <p key={paragraph}>{paragraph}</p>
      ))}
    </section>
  );
}

/** What a person agreed to, long after: each version as it was published. */
function Versions({ newest }: { newest: number }) {
  const t = useStrings(consentStrings);
  const [shown, setShown] = useState<number>();
  const earlier = Array.from({ length: newest - 1 }, (_, i) => newest - 1 - i);
  return (
    <Card title={t('versions')} gap={8}>
      <Row>
        {earlier.map((version) => (
          <LinkButton key={version} onClick={() => setShown(version)}>
            {t('version', { version: String(version) })}
          </LinkButton>
        ))}
      </Row>
      {shown !== undefined && <VersionDialog version={shown} close={() => setShown(undefined)} />}
    </Card>
  );
}

function VersionDialog({ version, close }: { version: number; close(): void }) {
  const t = useStrings(consentStrings);
  const query = useQuery(read('/api/admin/consent-text/versions/{version}', { version }));
  return (
    <Dialog title={t('version', { version: String(version) })} size={640} close={close}>
      <Refused of={query} />
      {query.data && <Snippet name={t('versionShown')} code={JSON.stringify(query.data, undefined, 2)} />}
    </Dialog>
  );
}
