import { Checkbox, Radio, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { type Control, Controller, useWatch } from 'react-hook-form';
import { TextField } from '../../../ui/forms/fields.tsx';
import { Stack } from '../../../ui/layout/layout.tsx';
import { type Language, languages } from '../../../ui/strings/define-strings.ts';
import { useLanguage } from '../../../ui/strings/language.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import classes from './consent-fields.module.css';
import { enrollStrings } from './strings.ts';
import { consentWays, purposes, type WhoValues } from './who-order.ts';

interface Props {
  control: Control<WhoValues>;
  /** The organization records consent with each enrollment. */
  withConsent: boolean;
  text: Schemas['ConsentText'];
  /** In which the text is shown first; absent: the reader's. */
  language: Language | undefined;
}

/** How this person agreed, and what is needed to show it later. */
export function ConsentFields({ control, withConsent, text, language }: Props) {
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
      {way === 'here' && <SignedHere control={control} text={text} language={language} />}
      {way === 'elsewhere' && <SignedElsewhere control={control} />}
      {way !== 'attested' && <Purposes control={control} />}
    </Stack>
  );
}

/** The text in the language of the person, who may speak another one than the operator. */
function SignedHere({ control, text, language: first }: Omit<Props, 'withConsent'>) {
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
      <TextField
        control={control}
        name="signature"
        label={t('signature')}
        hint={t('signatureHint')}
        autoComplete="off"
        maxLength={200}
      />
    </>
  );
}

function SignedElsewhere({ control }: Pick<Props, 'control'>) {
  const t = useStrings(enrollStrings);
  return (
    <>
      <TextField control={control} name="textVersion" label={t('textVersion')} hint={t('textVersionHint')} />
      <TextField control={control} name="method" label={t('method')} hint={t('methodHint')} />
      <TextField control={control} name="legalBasis" label={t('legalBasis')} />
    </>
  );
}

function Purposes({ control }: Pick<Props, 'control'>) {
  const t = useStrings(enrollStrings);
  return (
    <Controller
      control={control}
      name="purposes"
      render={({ field, fieldState }) => (
        <Checkbox.Group
          label={t('purposes')}
          error={fieldState.error?.message}
          value={field.value}
          onChange={field.onChange}
        >
          <Stack gap={8}>
            {purposes.map((purpose) => (
              <Checkbox key={purpose} value={purpose} label={t(purpose)} />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    />
  );
}
