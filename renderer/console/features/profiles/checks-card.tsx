import { useQuery } from '@tanstack/react-query';
import type { Control } from 'react-hook-form';
import { useWatch } from 'react-hook-form';
import { Badge, Maturity } from '../../../ui/controls/index.ts';
import { fieldsOf } from '../../../ui/forms/index.ts';
import { Card } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import type { Schemas } from '../../data.ts';
import { type CheckName, checkNames, reasonStrings } from '../../reasons/reason-strings.ts';
import { fieldStrings } from './field-strings.ts';
import type { ProfileValues } from './profile-values.ts';
import styles from './profiles.module.css';
import { checksQuery } from './queries.ts';

const Field = fieldsOf<ProfileValues>()(fieldStrings);

type Values = Control<ProfileValues>;
type Level = 'proven' | 'alternate' | 'experimental';

/** Every check with its rule, one row each. */
export function ChecksCard({ control }: { control: Values }) {
  const t = useStrings(fieldStrings);
  return (
    <Card title={t('checksTitle')} actions={<MinimumField />} flush foot={<Legend />}>
      <table className={`rows ${styles.checks}`}>
        <thead>
          <tr>
            <th scope="col">{t('check')}</th>
            <th scope="col">{t('weight')}</th>
            <th scope="col">{t('threshold')}</th>
            <th scope="col">{t('fails')}</th>
          </tr>
        </thead>
        <tbody>
          {checkNames.map((name) => (
            <CheckRow key={name} name={name} control={control} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function MinimumField() {
  const t = useStrings(fieldStrings);
  return (
    <div className={styles.minimum}>
      <span className="small" aria-hidden="true">
        {t('minimumComposite')}
      </span>
      <Field name="minimumComposite" as="number" hidden step={0.05} />
    </div>
  );
}

function CheckRow({ name, control }: { name: CheckName; control: Values }) {
  const t = useStrings(fieldStrings);
  const words = useStrings(reasonStrings);
  const check = words(name);
  const enabled = useWatch({ control, name: `checks.${name}.enabled` });
  return (
    <tr data-off={!enabled || undefined}>
      <th scope="row">
        <div className={styles.name}>
          <Field name={`checks.${name}.enabled`} as="check" label={check} />
          <span className={styles.badge}>
            <CheckMaturity name={name} control={control} />
          </span>
          <span className={styles.about}>{words(`text.${name}`)}</span>
        </div>
      </th>
      <td data-label={t('weight')}>
        <Field
          name={`checks.${name}.weight`}
          as="number"
          label={t('weightOf', { check })}
          hidden
          step={0.1}
        />
      </td>
      <td data-label={t('threshold')}>
        <Field
          name={`checks.${name}.threshold`}
          as="number"
          label={t('thresholdOf', { check })}
          hidden
          step={0.05}
        />
      </td>
      <td>
        <div className={styles.fails}>
          <div>
            <span className={styles.narrowLabel} aria-hidden="true">
              {t('fails')}
            </span>
            <Field
              name={`checks.${name}.fails`}
              label={t('failsOf', { check })}
              options={[
                { value: 'refuses', label: t('refuses') },
                { value: 'lowers', label: t('lowers') },
              ]}
              hidden
            />
          </div>
          <WhenMissing name={name} />
        </div>
      </td>
    </tr>
  );
}

/** What a check does without what the caller should have sent; only for those that wait for something. */
function WhenMissing({ name }: { name: CheckName }) {
  const t = useStrings(fieldStrings);
  const check = useStrings(reasonStrings)(name);
  const { data } = useQuery(checksQuery);
  if (!data?.checks.find((one) => one.name === name)?.takesInput) return null;
  return (
    <div className={styles.missing}>
      <span className="tiny muted" aria-hidden="true">
        {t('missing')}
      </span>
      <Field
        name={`checks.${name}.whenMissing`}
        label={t('missingOf', { check })}
        options={[
          { value: '', label: t('missingDefault') },
          { value: 'skip', label: t('missingSkip') },
          { value: 'fail', label: t('missingFail') },
        ]}
        hidden
      />
    </div>
  );
}

/** The PAD set that a profile runs, of those that can be used now. */
export const padSetOf = (catalog: Schemas['CheckCatalog'], id: string): Schemas['PadSet'] | undefined =>
  id === '' ? catalog.padSets[0] : catalog.padSets.find((set) => set.id === id);

function CheckMaturity({ name, control }: { name: CheckName; control: Values }) {
  const t = useStrings(fieldStrings);
  const { data } = useQuery(checksQuery);
  const padSet = useWatch({ control, name: 'models.padSet' });
  if (data === undefined) return null;
  const level =
    data.checks.find((one) => one.name === name)?.maturity ??
    (padSetOf(data, padSet)?.maturity as Level | undefined);
  if (level === undefined) return <Badge kind="warn">{t('notInstalled')}</Badge>;
  return <Maturity level={level} />;
}

const legend = {
  proven: 'legendProven',
  alternate: 'legendAlternate',
  experimental: 'legendExperimental',
} as const;

function Legend() {
  const t = useStrings(fieldStrings);
  return (
    <dl className={styles.legend}>
      {(['proven', 'alternate', 'experimental'] as const).map((level) => (
        <div key={level}>
          <dt>
            <Maturity level={level} />
          </dt>
          <dd>{t(legend[level])}</dd>
        </div>
      ))}
    </dl>
  );
}
