import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type Control, useForm } from 'react-hook-form';
import { z } from 'zod';
import { toast } from '../../../ui/feedback/toasts.tsx';
import {
  NumberField,
  SelectField,
  SwitchField,
  TextAreaField,
  TextField,
} from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { SaveBar } from '../../../ui/forms/save-bar.tsx';
import { Card, Columns, Stack } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { settingsStrings } from './strings.ts';

const terms = ['unusedDays', 'consentDays', 'verificationDays', 'deliveryDays', 'auditDays'] as const;
type Term = (typeof terms)[number];
type Organization = Schemas['Organization'];
type Retention = Schemas['RetentionTerms'];

const schemaWith = (sentences: { nameMissing: string; wholeDays: string }) => {
  const days = z.int(sentences.wholeDays).min(1, sentences.wholeDays).nullable();
  return z.object({
    name: z.string().trim().min(1, sentences.nameMissing),
    uniquenessPolicy: z.enum(['off', 'warn', 'block']),
    twoPersonReview: z.boolean(),
    consentPolicy: z.enum(['attested', 'with-call']),
    matchOnly: z.boolean(),
    consentLanguage: z.enum(['', 'en', 'de']),
    signInNotice: z.string().trim().max(4000),
    unusedDays: days,
    consentDays: days,
    verificationDays: days,
    deliveryDays: days,
    auditDays: days,
  });
};
type Values = z.output<ReturnType<typeof schemaWith>>;

const valuesOf = (organization: Organization, { set }: Retention): Values => ({
  name: organization.name,
  uniquenessPolicy: organization.uniquenessPolicy,
  twoPersonReview: organization.twoPersonReview === true,
  consentPolicy: organization.consentPolicy,
  matchOnly: organization.matchOnly,
  consentLanguage: organization.consentLanguage ?? '',
  signInNotice: organization.signInNotice ?? '',
  ...(Object.fromEntries(terms.map((term) => [term, set[term] ?? null])) as Record<Term, number | null>),
});

/** Only what was changed, as the two routes take it; undefined where nothing of one was. */
function changesOf(before: Values, after: Values) {
  const changed = (Object.keys(after) as (keyof Values)[]).filter((name) => before[name] !== after[name]);
  const pick = (names: readonly (keyof Values)[]) =>
    names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, after[name]]));
  const isTerm = (name: keyof Values) => terms.some((term) => term === name);
  return {
    names: changed,
    organization: pick(changed.filter((name) => !isTerm(name))) as Partial<Values> | undefined,
    retention: pick(changed.filter(isTerm)) as Partial<Pick<Values, Term>> | undefined,
  };
}

async function save({ organization, retention }: ReturnType<typeof changesOf>): Promise<void> {
  if (organization) {
    const { signInNotice, consentLanguage, ...rest } = organization;
    const body = {
      ...rest,
      ...(signInNotice !== undefined && { signInNotice: signInNotice || null }),
      ...(consentLanguage !== undefined && { consentLanguage: consentLanguage || null }),
    };
    await replyOf(admin.PATCH('/api/admin/organization', { params: { query: {} }, body }));
  }
  if (retention)
    await replyOf(admin.PATCH('/api/admin/retention', { params: { query: {} }, body: retention as never }));
}

export function SettingsForm({
  organization,
  retention,
  mayChange,
}: {
  organization: Organization;
  retention: Retention;
  mayChange: boolean;
}) {
  const t = useStrings(settingsStrings);
  const ui = useStrings(uiStrings);
  const queryClient = useQueryClient();
  const before = valuesOf(organization, retention);
  const form = useForm({
    resolver: zodResolver(schemaWith({ nameMissing: t('nameMissing'), wholeDays: t('wholeDays') })),
    mode: 'onTouched',
    defaultValues: before,
    disabled: !mayChange,
  });
  const fresh = JSON.stringify(before);
  useEffect(() => form.reset(JSON.parse(fresh) as Values, { keepDirtyValues: true }), [form, fresh]);
  const saving = useMutation({
    mutationFn: (values: Values) => save(changesOf(before, values)),
    async onSuccess(_, values) {
      form.reset(values);
      toast(t('saved'));
      await queryClient.invalidateQueries({ queryKey: ['organization'] });
      await queryClient.invalidateQueries({ queryKey: ['retention'] });
    },
  });
  const { names } = changesOf(before, form.watch() as Values);
  return (
    <Form
      form={form}
      onSubmit={(values) => saving.mutate(values)}
      failed={saving.error && <LoadFailed error={saving.error} title={ui('couldNotSave')} />}
    >
      <OrganizationFields control={form.control} />
      <RetentionFields control={form.control} retention={retention} />
      <SaveBar
        count={mayChange ? names.length : 0}
        names={names.map((name) => t(labels[name])).join(', ')}
        busy={saving.isPending}
        discard={() => form.reset(before)}
      />
    </Form>
  );
}

const labels = {
  name: 'name',
  uniquenessPolicy: 'uniqueness',
  twoPersonReview: 'twoPersonReview',
  consentPolicy: 'consent',
  matchOnly: 'matchOnly',
  consentLanguage: 'consentLanguage',
  signInNotice: 'signInNotice',
  unusedDays: 'unusedDays',
  consentDays: 'consentDays',
  verificationDays: 'verificationDays',
  deliveryDays: 'deliveryDays',
  auditDays: 'auditDays',
} as const satisfies Record<keyof Values, keyof (typeof settingsStrings)['en']>;

function OrganizationFields({ control }: { control: Control<Values> }) {
  const t = useStrings(settingsStrings);
  return (
    <Card title={t('organization')}>
      <Stack>
        <TextField control={control} name="name" label={t('name')} maxLength={120} />
        <SelectField
          control={control}
          name="uniquenessPolicy"
          label={t('uniqueness')}
          data={[
            { value: 'off', label: t('uniquenessOff') },
            { value: 'warn', label: t('uniquenessWarn') },
            { value: 'block', label: t('uniquenessBlock') },
          ]}
        />
        <SwitchField
          control={control}
          name="twoPersonReview"
          label={t('twoPersonReview')}
          hint={t('twoPersonReviewHint')}
        />
        <SelectField
          control={control}
          name="consentPolicy"
          label={t('consent')}
          data={[
            { value: 'attested', label: t('consentAttested') },
            { value: 'with-call', label: t('consentWithCall') },
          ]}
        />
        <SelectField
          control={control}
          name="consentLanguage"
          label={t('consentLanguage')}
          hint={t('consentLanguageHint')}
          data={[
            { value: '', label: t('readersLanguage') },
            { value: 'en', label: 'English' },
            { value: 'de', label: 'Deutsch' },
          ]}
        />
        <SwitchField control={control} name="matchOnly" label={t('matchOnly')} hint={t('matchOnlyHint')} />
        <TextAreaField
          control={control}
          name="signInNotice"
          label={t('signInNotice')}
          hint={t('signInNoticeHint')}
          optional
          maxLength={4000}
        />
      </Stack>
    </Card>
  );
}

function RetentionFields({ control, retention }: { control: Control<Values>; retention: Retention }) {
  const t = useStrings(settingsStrings);
  const hintOf = (term: Term) => {
    if (retention.set[term] !== undefined) return undefined;
    const days = retention.terms[term];
    return days === undefined ? t('noDefault') : t('defaultDays', { count: days });
  };
  return (
    <Card title={t('retention')}>
      <Stack>
        <p className="muted">{t('retentionLead')}</p>
        <Columns n={2} collapse>
          {terms.map((term) => (
            <NumberField
              key={term}
              control={control}
              name={term}
              label={t(term)}
              hint={hintOf(term)}
              min={1}
              allowDecimal={false}
            />
          ))}
        </Columns>
      </Stack>
    </Card>
  );
}
