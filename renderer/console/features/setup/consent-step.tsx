import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { purposes } from '../../../../sdk/admin/values.ts';
import { Button } from '../../../ui/controls/index.ts';
import { Choice, Form, fieldsOf, useCheckedForm } from '../../../ui/forms/index.ts';
import { Card, Stack } from '../../../ui/layout/index.ts';
import { useLanguage, useStrings } from '../../../ui/strings/index.ts';
import { api, read } from '../../data.ts';
import { FormCommand, LoadFailed, Refused } from '../../operations.ts';
import styles from './setup.module.css';
import { SetupFrame, StepActions } from './setup-frame.tsx';
import { setupStrings } from './strings.ts';
import { type StepProps, useSavedStep } from './use-saved-step.ts';

function useConsentForm({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { language } = useLanguage();
  const { attestation, consentLanguage } = organization;
  const agreed = (purpose: (typeof purposes)[number]) =>
    attestation === undefined || attestation.purposes.includes(purpose);
  return useCheckedForm(
    z
      .object({
        consentLanguage: z.enum(['en', 'de']),
        textVersion: z.string().trim().min(1, t('versionMissing')),
        method: z.string().trim().min(1, t('methodMissing')),
        legalBasis: z.string().trim().min(1, t('basisMissing')),
        verification: z.boolean(),
        identification: z.boolean(),
        deduplication: z.boolean(),
      })
      .refine((values) => purposes.some((purpose) => values[purpose]), {
        path: ['verification'],
        message: t('purposeMissing'),
      }),
    {
      consentLanguage: consentLanguage ?? language,
      textVersion: attestation?.textVersion ?? '1',
      method: attestation?.method ?? t('methodSuggested'),
      legalBasis: attestation?.legalBasis ?? t('basisSuggested'),
      verification: agreed('verification'),
      identification: agreed('identification'),
      deduplication: agreed('deduplication'),
    },
  );
}

type ConsentValues = {
  consentLanguage: 'en' | 'de';
  textVersion: string;
  method: string;
  legalBasis: string;
} & Record<(typeof purposes)[number], boolean>;
const Field = fieldsOf<ConsentValues>()(setupStrings);

/** On what consent real people are enrolled, and the language and version of the text. */
export function ConsentStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { frame, save, finish, later, back } = useSavedStep('consent', organization);
  const [policy, setPolicy] = useState(organization.consentPolicy);
  const form = useConsentForm({ organization });
  const attested = policy === 'attested';
  const [attestError, setAttestError] = useState<unknown>();
  const attest = async ({
    textVersion,
    method,
    legalBasis,
    ...agreed
  }: Parameters<Parameters<typeof form.handleSubmit>[0]>[0]) => {
    if (!attested) return;
    const named = purposes.filter((one) => agreed[one]);
    await api.put(
      '/api/admin/organization/attestation',
      {},
      { textVersion, method, legalBasis, purposes: named },
    );
  };
  const submit: Parameters<typeof form.handleSubmit>[0] = async (values) => {
    setAttestError(undefined);
    try {
      await attest(values);
      finish({ consentPolicy: policy, consentLanguage: values.consentLanguage });
    } catch (error) {
      setAttestError(error);
    }
  };
  const error = attestError ?? save.error;
  return (
    <SetupFrame {...frame} title={t('consentTitle')} lead={t('consentLead')}>
      <Form
        form={form}
        onSubmit={submit}
        failed={error !== null && error !== undefined && <LoadFailed error={error} title={t('failed')} />}
      >
        <Stack gap={24}>
          <Choice
            legend={t('step-consent')}
            value={policy}
            choose={setPolicy}
            options={[
              {
                value: 'attested',
                label: t('attested'),
                hint: t('attestedHint'),
                more: <Attestation />,
              },
              { value: 'with-call', label: t('withCall'), hint: t('withCallHint') },
            ]}
          />
          <Field
            name="consentLanguage"
            options={[
              { value: 'en', label: 'English' },
              { value: 'de', label: 'Deutsch' },
            ]}
          />
          <TextShown language={form.watch('consentLanguage')} />
          <FormCommand
            form={form}
            run={async (values) => {
              await attest(values);
              const { consentLanguage } = values;
              await save.run({ state: 'done', change: { consentPolicy: policy, consentLanguage } });
            }}
          />
        </Stack>
        <StepActions back={back} later={later}>
          <Button type="submit" kind="primary" busy={save.isPending || form.formState.isSubmitting}>
            {t('continue')}
          </Button>
        </StepActions>
      </Form>
    </SetupFrame>
  );
}

function Attestation() {
  const t = useStrings(setupStrings);
  return (
    <Card gap={16}>
      <Field name="textVersion" maxLength={80} />
      <Field name="method" maxLength={80} />
      <Field name="legalBasis" maxLength={120} />
      <fieldset>
        <legend style={{ fontWeight: 500, marginBottom: 8, padding: 0 }}>{t('purposes')}</legend>
        <Stack gap={8}>
          {purposes.map((purpose) => (
            <Field key={purpose} name={purpose} as="check" />
          ))}
        </Stack>
      </fieldset>
    </Card>
  );
}

function TextShown({ language }: { language: 'en' | 'de' }) {
  const t = useStrings(setupStrings);
  const text = useQuery(read('/api/admin/consent-text'));
  if (text.error) return <Refused of={text} />;
  if (!text.data) return null;
  const title = t('kioskText', { version: text.data.version });
  return (
    <Stack gap={8}>
      <span style={{ fontWeight: 500 }}>{title}</span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className={styles.text} lang={language} aria-label={title} tabIndex={0}>
        {text.data.text[language].map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
      </section>
    </Stack>
  );
}
