import { zodResolver } from '@hookform/resolvers/zod';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { z } from 'zod';
import { purposes } from '../../../../sdk/admin/values.ts';
import { Button } from '../../../ui/controls/button.tsx';
import { Choice } from '../../../ui/forms/choice.tsx';
import { CheckboxField, SelectField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useLanguage } from '../../../ui/strings/language.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
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
  return useForm({
    resolver: zodResolver(
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
    ),
    mode: 'onTouched',
    defaultValues: {
      consentLanguage: consentLanguage ?? language,
      textVersion: attestation?.textVersion ?? '1',
      method: attestation?.method ?? t('methodSuggested'),
      legalBasis: attestation?.legalBasis ?? t('basisSuggested'),
      verification: agreed('verification'),
      identification: agreed('identification'),
      deduplication: agreed('deduplication'),
    },
  });
}

/** On what consent real people are enrolled, and the language and version of the text. */
export function ConsentStep({ organization }: StepProps) {
  const t = useStrings(setupStrings);
  const { save, finish, later, back } = useSavedStep('consent');
  const [policy, setPolicy] = useState(organization.consentPolicy);
  const form = useConsentForm({ organization });
  const { control } = form;
  const attested = policy === 'attested';
  const [attestError, setAttestError] = useState<unknown>();
  const submit = async ({
    consentLanguage,
    textVersion,
    method,
    legalBasis,
    ...agreed
  }: Parameters<Parameters<typeof form.handleSubmit>[0]>[0]) => {
    setAttestError(undefined);
    try {
      if (attested)
        await replyOf(
          admin.PUT('/api/admin/organization/attestation', {
            params: { query: {} },
            body: { textVersion, method, legalBasis, purposes: purposes.filter((one) => agreed[one]) },
          }),
        );
      finish({ consentPolicy: policy, consentLanguage });
    } catch (error) {
      setAttestError(error);
    }
  };
  const error = attestError ?? save.error;
  return (
    <SetupFrame
      step="consent"
      saved={organization.setupSteps ?? {}}
      title={t('consentTitle')}
      lead={t('consentLead')}
    >
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
                more: <Attestation control={control} />,
              },
              { value: 'with-call', label: t('withCall'), hint: t('withCallHint') },
            ]}
          />
          <SelectField
            control={control}
            name="consentLanguage"
            label={t('consentLanguage')}
            hint={t('consentLanguageHint')}
            data={[
              { value: 'en', label: 'English' },
              { value: 'de', label: 'Deutsch' },
            ]}
          />
          <TextShown language={form.watch('consentLanguage')} />
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

function Attestation({ control }: { control: ReturnType<typeof useConsentForm>['control'] }) {
  const t = useStrings(setupStrings);
  return (
    <Card>
      <Stack>
        <TextField
          control={control}
          name="textVersion"
          label={t('textVersion')}
          hint={t('textVersionHint')}
          maxLength={80}
        />
        <TextField control={control} name="method" label={t('method')} maxLength={80} />
        <TextField control={control} name="legalBasis" label={t('legalBasis')} maxLength={120} />
        <fieldset>
          <legend style={{ fontWeight: 500, marginBottom: 8, padding: 0 }}>{t('purposes')}</legend>
          <Stack gap={8}>
            {purposes.map((purpose) => (
              <CheckboxField key={purpose} control={control} name={purpose} label={t(purpose)} />
            ))}
          </Stack>
        </fieldset>
      </Stack>
    </Card>
  );
}

function TextShown({ language }: { language: 'en' | 'de' }) {
  const t = useStrings(setupStrings);
  const text = useQuery({
    queryKey: ['consent-text'],
    queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/consent-text', { params: { query: {} }, signal })),
  });
  if (text.error) return <LoadFailed error={text.error} retry={() => void text.refetch()} />;
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
