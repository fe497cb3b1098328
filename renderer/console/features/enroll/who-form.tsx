import { Radio, SegmentedControl } from '@mantine/core';
import { useMemo } from 'react';
import { type Control, Controller, useController, useWatch } from 'react-hook-form';
import { Button } from '../../../ui/controls/index.ts';
import { Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Row, Stack } from '../../../ui/layout/index.ts';
import { type Language, useLanguage, useStrings } from '../../../ui/strings/index.ts';
import { api, type Schemas, useWorld } from '../../data.ts';
import { FormCommand } from '../../operations.ts';
import classes from './consent-fields.module.css';
import type { EnrollRequest } from './enroll-pictures.ts';
import { enrollStrings } from './strings.ts';
import { consentMethods, purposes, toRequest, toValues, type WhoValues, whoSchema } from './who-request.ts';

const Field = fieldsOf<WhoValues>()(enrollStrings);

/** Who is enrolled, and what they agreed to. `withConsent`: the organization records consent with each enrollment. */
export function WhoForm({
  withConsent,
  text,
  language,
  before,
  next,
}: {
  withConsent: boolean;
  text: Schemas['ConsentText'];
  language: Language | undefined;
  before: EnrollRequest | undefined;
  next(request: EnrollRequest, by: 'camera' | 'files'): void;
}) {
  const t = useStrings(enrollStrings);
  const schema = useMemo(() => whoSchema(t), [t]);
  const own = useLanguage().language;
  const first = [language, own].find((one) => one && text.languages.includes(one)) ?? text.languages[0]!;
  const form = useCheckedForm(schema, toValues(before, withConsent, first));
  const { control } = form;
  const env = useWorld();
  const go = (by: 'camera' | 'files') => form.handleSubmit((values) => next(toRequest(values, text), by));
  return (
    <Form form={form} onSubmit={(values) => next(toRequest(values, text), 'camera')}>
      <Card title={t('who')} gap={16}>
        <Field name="email" type="email" />
        <Field name="name" optional />
      </Card>
      <Card title={t('consent')}>
        <ConsentFields control={control} withConsent={withConsent} text={text} />
      </Card>
      <FormCommand
        form={form}
        run={(values) =>
          api.post('/api/admin/subjects', { env }, { request: toRequest(values, text), file: new Blob() })
        }
      />
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
}

/** How this person agreed, and what is needed to show it later. */
function ConsentFields({ control, withConsent, text }: Props) {
  const t = useStrings(enrollStrings);
  const way = useWatch({ control, name: 'way' });
  const asked = way === 'here' ? text.purposes : purposes;
  return (
    <Stack>
      <Controller
        control={control}
        name="way"
        render={({ field }) => (
          <Radio.Group label={t('way')} value={field.value} onChange={field.onChange}>
            <Stack gap={8}>
              {consentMethods
                .filter((one) => one !== 'attested' || !withConsent)
                .map((one) => (
                  <Radio key={one} value={one} label={t(one)} description={t(`${one}Hint`)} />
                ))}
            </Stack>
          </Radio.Group>
        )}
      />
      {way === 'here' && <SignedHere control={control} text={text} />}
      {way === 'elsewhere' && signedElsewhere}
      {way !== 'attested' && (
        <Field name="purposes" as="several" options={asked.map((value) => ({ value, label: t(value) }))} />
      )}
    </Stack>
  );
}

/** The text in the language of the person, who may speak another one than the operator. */
function SignedHere({ control, text }: Pick<Props, 'control' | 'text'>) {
  const t = useStrings(enrollStrings);
  const { field } = useController({ control, name: 'language' });
  const language = field.value;
  return (
    <>
      <SegmentedControl
        role="radiogroup"
        aria-label={t('textLanguage')}
        value={language}
        onChange={field.onChange}
        data={text.languages.map((one) => ({ value: one, label: t(one) }))}
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
