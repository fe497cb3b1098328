import { SegmentedControl } from '@mantine/core';
import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { type Control, type FieldPath, useWatch } from 'react-hook-form';
import { CopyButton } from '../../../ui/controls/index.ts';
import { type Fault, fieldsOf, SaveBar, useCheckedForm, useFault } from '../../../ui/forms/index.ts';
import { Card, Columns, Stack, WithAside } from '../../../ui/layout/index.ts';
import { useLanguage, useStrings } from '../../../ui/strings/index.ts';
import { api, organizationQuery, read, type Schemas } from '../../data.ts';
import { LoadFailed, OperationForm, useOperation } from '../../operations.ts';
import { type CheckName, reasonStrings } from '../../reasons/reason-strings.ts';
import {
  changedFields,
  definitionOf,
  type FlowLanguage,
  type FlowTexts,
  type FlowValues,
  fieldOf,
  flowLanguages,
  longestText,
  products,
  textNames,
  textsIn,
  useFieldName,
  useFlowSchema,
  valuesOf,
} from './flow-values.ts';
import styles from './flows.module.css';
import { useProfileOptions } from './new-flow-screen.tsx';
import { flowStrings } from './strings.ts';

const Field = fieldsOf<FlowValues>()(flowStrings);

export function FlowForm({
  flow,
  mayChange,
  onDirty,
}: {
  flow: Schemas['Flow'];
  mayChange: boolean;
  onDirty(dirty: boolean): void;
}) {
  const t = useStrings(flowStrings);
  const nameOf = useFieldName();
  const form = useCheckedForm<FlowValues>(useFlowSchema(), valuesOf(flow.draft));
  const stored = JSON.stringify(flow.draft);
  useEffect(
    () => form.reset(valuesOf(JSON.parse(stored) as Schemas['FlowDefinition']), { keepDirtyValues: true }),
    [form, stored],
  );
  const values = useWatch({ control: form.control }) as FlowValues;
  const names = changedFields(flow.draft, definitionOf(values));
  const dirty = mayChange && names.length > 0;
  useEffect(() => onDirty(dirty), [dirty, onDirty]);
  const saving = useSave(
    flow,
    (saved) => form.reset(valuesOf(saved.draft)),
    (path, fault) => form.setError(path as FieldPath<FlowValues>, fault),
  );
  const preview = useQuery(flowPreviewQuery(flow.id));
  return (
    <OperationForm form={form} operation={saving}>
      <WithAside
        aside={
          <>
            <FlowPreview values={values} preview={preview.data} error={preview.error} />
            <FlowAddress flow={flow} />
          </>
        }
      >
        <fieldset className={styles.fields} disabled={!mayChange}>
          <Stack gap={24}>
            <AboutCard control={form.control} />
            <TextsCard builtIn={preview.data?.builtIn} />
            <RedirectsCard />
          </Stack>
        </fieldset>
        <SaveBar
          count={dirty ? names.length : 0}
          names={names.map(nameOf).join('; ')}
          saveLabel={t('save')}
          busy={saving.isPending}
          discard={() => form.reset(valuesOf(flow.draft))}
        />
      </WithAside>
    </OperationForm>
  );
}

function useSave(
  { id }: Schemas['Flow'],
  begin: (saved: Schemas['Flow']) => void,
  show: (path: string, fault: Fault) => void,
) {
  const t = useStrings(flowStrings);
  const queryClient = useQueryClient();
  const faultOf = useFault();
  return useOperation(
    (values: FlowValues) => api.put('/api/admin/flows/{id}', { id }, definitionOf(values)),
    {
      toast: t('saved'),
      refresh: ['flows'],
      done(saved) {
        begin(saved);
        queryClient.setQueryData(flowQuery(id).queryKey, saved);
      },
      refused({ details }) {
        for (const detail of details) show(fieldOf(detail.path), faultOf(detail));
      },
    },
  );
}

function AboutCard({ control }: { control: Control<FlowValues> }) {
  const t = useStrings(flowStrings);
  const product = useWatch({ control, name: 'product' });
  return (
    <Card title={t('about')} gap={16}>
      <Field name="name" label={t('label')} maxLength={80} />
      <Columns n={2} collapse>
        <Field name="product" options={products} />
        <Field name="profile" options={useProfileOptions()} />
      </Columns>
      {product === 'verifyage' && <Field name="minimumAge" optional inputMode="numeric" autoComplete="off" />}
    </Card>
  );
}

/** Each text in both languages beside one another. */
function TextsCard({ builtIn }: { builtIn: Record<'en' | 'de', FlowTexts> | undefined }) {
  const t = useStrings(flowStrings);
  return (
    <Card title={t('texts')} gap={16}>
      <p className="small muted">{t('textsHint')}</p>
      {textNames.map((name) => (
        <Columns key={name} n={2} collapse>
          {flowLanguages.map((language) => (
            <Field
              key={language}
              name={`texts.${language}.${name}`}
              label={t('field', {
                text: t(`text.${name}`),
                language: t(language === 'en' ? 'english' : 'german'),
              })}
              maxLength={longestText[name]}
              lang={language}
              placeholder={builtIn?.[language][name]}
              {...(longestText[name] > 80 && { as: 'lines', rows: 3 })}
            />
          ))}
        </Columns>
      ))}
    </Card>
  );
}

function RedirectsCard() {
  const t = useStrings(flowStrings);
  const { data } = useQuery(organizationQuery);
  const targets = data?.redirectTargets ?? [];
  return (
    <Card title={t('redirects')} actions={<Link to="/flows/targets">{t('targetsLink')}</Link>} gap={16}>
      <p className="small muted">
        {t('redirectHint')}{' '}
        {data && (targets.length > 0 ? t('targetsAre', { targets: targets.join(', ') }) : t('targetsNone'))}
      </p>
      <Field name="redirects.success" optional inputMode="url" autoComplete="off" spellCheck={false} />
      <Field name="redirects.failure" optional inputMode="url" autoComplete="off" spellCheck={false} />
    </Card>
  );
}

/** The address that never changes, and that of the test page. A link once the flow is published. */
function FlowAddress({ flow: { path, published } }: { flow: Schemas['Flow'] }) {
  const t = useStrings(flowStrings);
  const live = location.origin + path;
  const test = `${live}?mode=test`;
  return (
    <Card title={t('address')} gap={12}>
      <Address label={t('addressLive')} url={live} />
      <Address label={t('addressTest')} url={test} />
      {published ? (
        <a href={test} target="_blank" rel="noreferrer">
          {t('openTest')}
        </a>
      ) : (
        <p className="small muted">{t('addressDraft')}</p>
      )}
    </Card>
  );
}

const Address = ({ label, url }: { label: string; url: string }) => (
  <div>
    <h3 className="small">{label}</h3>
    <div className={styles.address}>
      <code>{url}</code>
      <CopyButton text={url} name={label} />
    </div>
  </div>
);

/** How the texts of the form read in each language, and what verifies the person. */
function FlowPreview({
  values,
  preview,
  error,
}: {
  values: FlowValues;
  preview: Schemas['FlowPreview'] | undefined;
  error: unknown;
}) {
  const t = useStrings(flowStrings);
  const own = useLanguage();
  const [language, setLanguage] = useState<FlowLanguage>(own.language);
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
      gap={12}
    >
      {error ? <LoadFailed error={error} /> : preview && <Texts {...{ values, preview, language }} />}
      <p className="tiny muted">{t('previewNote')}</p>
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

export const flowQuery = (id: string) => read('/api/admin/flows/{id}', { id });

/** What stands where a flow says nothing, and what its profile checks. */
const flowPreviewQuery = (id: string) =>
  queryOptions({ ...read('/api/admin/flows/{id}/preview', { id }), placeholderData: keepPreviousData });
