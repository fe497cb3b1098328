import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { type Control, type FieldPath, useForm, useWatch } from 'react-hook-form';
import { z } from 'zod';
import { toast } from '../../../ui/feedback/toasts.tsx';
import { SelectField, TextAreaField, TextField } from '../../../ui/forms/fields.tsx';
import { Form } from '../../../ui/forms/form.tsx';
import { SaveBar } from '../../../ui/forms/save-bar.tsx';
import { Card, Columns, Stack, WithAside } from '../../../ui/layout/layout.tsx';
import { uiStrings } from '../../../ui/strings/ui-strings.ts';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';
import { Refusal } from '../../api/refusal.ts';
import { LoadFailed } from '../../load-failed.tsx';
import { organizationQuery } from '../../organization-query.ts';
import { useFieldName } from './field-name.ts';
import { FlowAddress } from './flow-address.tsx';
import { FlowPreview } from './flow-preview.tsx';
import {
  changedFields,
  definitionOf,
  type FlowTexts,
  type FlowValues,
  fieldOf,
  flowLanguages,
  longestText,
  products,
  type TextName,
  textNames,
  valuesOf,
} from './flow-values.ts';
import styles from './flows.module.css';
import { useProfileOptions } from './new-flow-screen.tsx';
import { flowPreviewQuery, flowQuery } from './queries.ts';
import { flowStrings } from './strings.ts';

function useSchema() {
  const t = useStrings(flowStrings);
  return useMemo(() => {
    const texts = z.object(
      Object.fromEntries(textNames.map((name) => [name, z.string().max(longestText[name])])) as Record<
        TextName,
        z.ZodString
      >,
    );
    return z.object({
      name: z.string().trim().min(1, t('nameMissing')).max(80),
      product: z.enum(products),
      profile: z.string(),
      minimumAge: z
        .string()
        .trim()
        .regex(/^$|^([1-9]\d?|1[01]\d|120)$/, t('minimumAgeWrong')),
      texts: z.object({ en: texts, de: texts }),
      redirects: z.object({ success: z.string().max(2048), failure: z.string().max(2048) }),
    });
  }, [t]);
}

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
  const ui = useStrings(uiStrings);
  const nameOf = useFieldName();
  const form = useForm<FlowValues>({
    resolver: zodResolver(useSchema()),
    mode: 'onTouched',
    defaultValues: valuesOf(flow.draft),
  });
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
    (path, message) => form.setError(path as FieldPath<FlowValues>, { message }),
  );
  const preview = useQuery(flowPreviewQuery(flow.id));
  const { control } = form;
  return (
    <Form
      form={form}
      onSubmit={(now) => saving.mutate(now)}
      failed={saving.error && <LoadFailed error={saving.error} title={ui('couldNotSave')} />}
    >
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
            <AboutCard control={control} />
            <TextsCard control={control} builtIn={preview.data?.builtIn} />
            <RedirectsCard control={control} />
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
    </Form>
  );
}

function useSave(
  { id }: Schemas['Flow'],
  begin: (saved: Schemas['Flow']) => void,
  fault: (path: string, message: string) => void,
) {
  const t = useStrings(flowStrings);
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (values: FlowValues) =>
      replyOf(
        admin.PUT('/api/admin/flows/{id}', {
          params: { path: { id }, query: {} },
          body: definitionOf(values),
        }),
      ),
    async onSuccess(saved) {
      begin(saved);
      queryClient.setQueryData(flowQuery(id).queryKey, saved);
      toast(t('saved'));
      await queryClient.invalidateQueries({ queryKey: ['flows'] });
    },
    onError(error) {
      if (!(error instanceof Refusal)) return;
      for (const [path, message] of error.fields) fault(fieldOf(path), message);
    },
  });
}

type Props = { control: Control<FlowValues> };

function AboutCard({ control }: Props) {
  const t = useStrings(flowStrings);
  const product = useWatch({ control, name: 'product' });
  return (
    <Card title={t('about')}>
      <Stack>
        <TextField control={control} name="name" label={t('label')} hint={t('nameHint')} maxLength={80} />
        <Columns n={2} collapse>
          <SelectField
            control={control}
            name="product"
            label={t('product')}
            data={products.map((value) => ({ value, label: t(`product.${value}`) }))}
          />
          <SelectField control={control} name="profile" label={t('profile')} data={useProfileOptions()} />
        </Columns>
        {product === 'verifyage' && (
          <TextField
            control={control}
            name="minimumAge"
            label={t('minimumAge')}
            hint={t('minimumAgeHint')}
            optional
            inputMode="numeric"
            autoComplete="off"
          />
        )}
      </Stack>
    </Card>
  );
}

const isShort = (name: TextName) => longestText[name] <= 80;

/** Each text in both languages beside one another. */
function TextsCard({ control, builtIn }: Props & { builtIn: Record<'en' | 'de', FlowTexts> | undefined }) {
  const t = useStrings(flowStrings);
  return (
    <Card title={t('texts')}>
      <Stack>
        <p className="small muted">{t('textsHint')}</p>
        {textNames.map((name) => (
          <Columns key={name} n={2} collapse>
            {flowLanguages.map((language) => {
              const Field = isShort(name) ? TextField : TextAreaField;
              return (
                <Field
                  key={language}
                  control={control}
                  name={`texts.${language}.${name}`}
                  label={t('field', {
                    text: t(`text.${name}`),
                    language: t(language === 'en' ? 'english' : 'german'),
                  })}
                  {...(name === 'button' && { hint: t('buttonHint') })}
                  maxLength={longestText[name]}
                  lang={language}
                  {...(builtIn && { placeholder: builtIn[language][name] })}
                  {...(!isShort(name) && { rows: 3 })}
                />
              );
            })}
          </Columns>
        ))}
      </Stack>
    </Card>
  );
}

function RedirectsCard({ control }: Props) {
  const t = useStrings(flowStrings);
  const { data } = useQuery(organizationQuery);
  const targets = data?.redirectTargets ?? [];
  return (
    <Card title={t('redirects')} actions={<Link to="/flows/targets">{t('targetsLink')}</Link>}>
      <Stack>
        <p className="small muted">
          {t('redirectHint')}{' '}
          {data && (targets.length > 0 ? t('targetsAre', { targets: targets.join(', ') }) : t('targetsNone'))}
        </p>
        <TextField
          control={control}
          name="redirects.success"
          label={t('success')}
          optional
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
        />
        <TextField
          control={control}
          name="redirects.failure"
          label={t('failure')}
          optional
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
        />
      </Stack>
    </Card>
  );
}
