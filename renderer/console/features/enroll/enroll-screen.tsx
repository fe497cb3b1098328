import { Radio, SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { createLazyRoute } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { type Control, Controller, useWatch } from 'react-hook-form';
import { Button } from '../../../ui/controls/index.ts';
import { FileChoice, Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Page, Row, Stack } from '../../../ui/layout/index.ts';
import { type Language, languages, useLanguage, useStrings } from '../../../ui/strings/index.ts';
import { api, organizationQuery, read, type Schemas, useWorld } from '../../data.ts';
import { Refused } from '../../operations.ts';
import classes from './consent-fields.module.css';
import type { Order } from './enroll-pictures.ts';
import { EnrollResult } from './enroll-result.tsx';
import { enrollStrings } from './strings.ts';
import { consentWays, purposes, toOrder, toValues, type WhoValues, whoSchema } from './who-order.ts';

export const Route = createLazyRoute('/enroll')({ component: EnrollScreen });

/** Loaded when it is needed: most enrollments of a console are by file. */
const Camera = lazy(() =>
  import('../../../capture/camera/camera.tsx').then((module) => ({ default: module.Camera })),
);

type Step =
  /** `another`: not the person that the address names. */
  | { is: 'who'; order?: Order; another?: true }
  | { is: 'camera' | 'files'; order: Order }
  | { is: 'result'; order: Order; pictures: readonly Blob[]; by: 'camera' | 'files' };

const PICTURES = 3;

function EnrollScreen() {
  const t = useStrings(enrollStrings);
  const [step, setStep] = useState<Step>({ is: 'who' });
  const organization = useQuery(organizationQuery);
  const env = useWorld();
  const { person: id } = Route.useSearch();
  const person = useQuery({
    ...read('/api/admin/subjects/{id}', { id: id ?? '', env }),
    enabled: id !== undefined,
  });
  const known = person.data && {
    email: person.data.email ?? '',
    ...(person.data.name !== undefined && { name: person.data.name }),
  };
  const text = useQuery(read('/api/admin/consent-text'));
  return (
    <Page title={t('title')} lead={step.is === 'who' ? t('lead') : undefined} reading>
      {organization.error && <Refused of={organization} />}
      <Refused of={text} />
      <Refused of={person} />
      {organization.data && text.data && !person.isLoading && step.is === 'who' && (
        <WhoForm
          text={text.data}
          language={organization.data.consentLanguage}
          withConsent={organization.data.consentPolicy === 'with-call'}
          before={step.order ?? (step.another ? undefined : known)}
          next={(order, by) => setStep({ is: by, order })}
        />
      )}
      {(step.is === 'camera' || step.is === 'files') && (
        <Pictures
          by={step.is}
          order={step.order}
          back={() => setStep({ is: 'who', order: step.order })}
          taken={(pictures) => setStep({ is: 'result', order: step.order, pictures, by: step.is })}
        />
      )}
      {step.is === 'result' && (
        <EnrollResult
          order={step.order}
          pictures={step.pictures}
          next={() => setStep({ is: 'who', another: true })}
          retry={() => setStep({ is: step.by, order: step.order })}
        />
      )}
    </Page>
  );
}

function Pictures({
  by,
  order,
  back,
  taken,
}: {
  by: 'camera' | 'files';
  order: Order;
  back(): void;
  taken(pictures: readonly Blob[]): void;
}) {
  const t = useStrings(enrollStrings);
  const env = useWorld();
  return (
    <Card title={t('cameraTitle', { email: order.email })} gap={16}>
      {by === 'files' ? (
        <PictureFiles chosen={taken} />
      ) : (
        <Suspense>
          <Camera
            count={PICTURES}
            openCapture={() => api.post('/api/admin/captures', { env })}
            onPictures={taken}
          />
        </Suspense>
      )}
      <Row>
        <Button onClick={back}>{t('back')}</Button>
      </Row>
    </Card>
  );
}

const MOST = 5;
const formats = 'image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif';

/** Pictures of one person from files, at most five. */
function PictureFiles({ chosen }: { chosen(pictures: readonly File[]): void }) {
  const t = useStrings(enrollStrings);
  const [files, setFiles] = useState<File[]>([]);
  return (
    <Stack>
      <FileChoice
        multiple
        accept={formats}
        label={t('files')}
        description={t('filesHint')}
        value={files}
        onChange={(picked) => setFiles(picked.slice(0, MOST))}
      />
      <Row>
        <Button kind="primary" disabled={files.length === 0} onClick={() => chosen(files)}>
          {t('enrollNow')}
        </Button>
        {files.length > 0 && <span className="small muted">{t('dropped', { count: files.length })}</span>}
      </Row>
    </Stack>
  );
}

const Field = fieldsOf<WhoValues>()(enrollStrings);

/** Who is enrolled, and what they agreed to. `withConsent`: the organization records consent with each enrollment. */
function WhoForm({
  withConsent,
  text,
  language,
  before,
  next,
}: {
  withConsent: boolean;
  text: Schemas['ConsentText'];
  language: Language | undefined;
  before: Order | undefined;
  next(order: Order, by: 'camera' | 'files'): void;
}) {
  const t = useStrings(enrollStrings);
  const schema = useMemo(() => whoSchema(t), [t]);
  const form = useCheckedForm(schema, toValues(before, withConsent));
  const { control } = form;
  const go = (by: 'camera' | 'files') =>
    form.handleSubmit((values) => next(toOrder(values, text.version), by));
  return (
    <Form form={form} onSubmit={(values) => next(toOrder(values, text.version), 'camera')}>
      <Card title={t('who')} gap={16}>
        <Field name="email" type="email" />
        <Field name="name" optional />
      </Card>
      <Card title={t('consent')}>
        <ConsentFields control={control} withConsent={withConsent} text={text} language={language} />
      </Card>
      <Row>
        <Button type="submit" kind="primary">
          {t('byCamera')}
        </Button>
        <Button onClick={(event) => void go('files')(event)}>{t('byFile')}</Button>
      </Row>
    </Form>
  );
}

interface Props {
  control: Control<WhoValues>;
  /** The organization records consent with each enrollment. */
  withConsent: boolean;
  text: Schemas['ConsentText'];
  /** In which the text is shown first; absent: the reader's. */
  language: Language | undefined;
}

/** How this person agreed, and what is needed to show it later. */
function ConsentFields({ control, withConsent, text, language }: Props) {
  const t = useStrings(enrollStrings);
  const way = useWatch({ control, name: 'way' });
  return (
    <Stack>
      <Controller
        control={control}
        name="way"
        render={({ field }) => (
          <Radio.Group label={t('way')} value={field.value} onChange={field.onChange}>
            <Stack gap={8}>
              {consentWays
                .filter((one) => one !== 'attested' || !withConsent)
                .map((one) => (
                  <Radio key={one} value={one} label={t(one)} description={t(`${one}Hint`)} />
                ))}
            </Stack>
          </Radio.Group>
        )}
      />
      {way === 'here' && <SignedHere text={text} language={language} />}
      {way === 'elsewhere' && signedElsewhere}
      {way !== 'attested' && (
        <Field name="purposes" as="several" options={purposes.map((value) => ({ value, label: t(value) }))} />
      )}
    </Stack>
  );
}

/** The text in the language of the person, who may speak another one than the operator. */
function SignedHere({ text, language: first }: Pick<Props, 'text' | 'language'>) {
  const t = useStrings(enrollStrings);
  const own = useLanguage();
  const [language, choose] = useState<Language>(first ?? own.language);
  return (
    <>
      <SegmentedControl
        role="radiogroup"
        aria-label={t('textLanguage')}
        value={language}
        onChange={(value) => choose(value as Language)}
        data={languages.map((one) => ({ value: one, label: t(one) }))}
      />
      <section className={classes.text} lang={language} aria-label={t('consentText')}>
        {text.text[language].map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
        <p className="small muted">{t('version', { version: text.version })}</p>
      </section>
      <Field name="signature" autoComplete="off" maxLength={200} />
    </>
  );
}

const signedElsewhere = (
  <>
    <Field name="textVersion" />
    <Field name="method" />
    <Field name="legalBasis" />
  </>
);
