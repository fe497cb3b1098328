import { NativeSelect, Slider } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { type UseFormReturn, useWatch } from 'react-hook-form';
import { LineChart } from '../../../ui/charts/index.ts';
import { Badge, Maturity } from '../../../ui/controls/index.ts';
import { fieldsOf } from '../../../ui/forms/index.ts';
import { Card, Note, Stack } from '../../../ui/layout/index.ts';
import { useFormat, useStrings } from '../../../ui/strings/index.ts';
import { type Schemas, useWorld } from '../../data.ts';
import { LoadFailed } from '../../operations.ts';
import { NotMeasuredNote } from '../../own-gallery.tsx';
import { heldForStrings } from '../../reasons/held-for-strings.ts';
import { ModelWords, useModelText, useModelWords } from '../../reasons/model-text.ts';
import { fieldStrings } from './field-strings.ts';
import type { ProfileValues } from './profile-values.ts';
import styles from './profiles.module.css';
import { curveQuery } from './queries.ts';
import {
  type Calibration,
  type Curve,
  intervalOf,
  LEAST,
  MOST,
  pointsOf,
  type Step,
  stepAt,
  stops,
} from './rate-curve.ts';
import { useOdds } from './setting-names.ts';

const Field = fieldsOf<ProfileValues>()(fieldStrings);

type Form = UseFormReturn<ProfileValues>;

/** The measured curve of the scorer that the form chooses, with a step at its rate; and of the other scorer where there is one. */
function useCurves(form: Form, slug: string) {
  const env = useWorld();
  const scorer = useWatch({ control: form.control, name: 'models.scorer' });
  const holdsFor = useWatch({ control: form.control, name: 'holdsFor' });
  const oneIn = useWatch({ control: form.control, name: 'oneIn' });
  const valid = Number.isInteger(oneIn) && oneIn >= LEAST && oneIn <= MOST;
  const [rate] = useDebouncedValue(valid ? 1 / oneIn : undefined, 250);
  const main = useQuery(curveQuery(env, slug, { scorer, holdsFor, ...(rate !== undefined && { rate }) }));
  const used = main.data?.scorer.id;
  const another = used === undefined ? undefined : used !== 'a' ? 'a' : scorer === 'a' ? 'best' : undefined;
  const other = useQuery({
    ...curveQuery(env, slug, { scorer: another ?? 'a', holdsFor }),
    enabled: another !== undefined,
  });
  return { main, rate, other: another && other.data?.scorer.id !== used ? other.data : undefined };
}

/** How often two people may be taken for one, and what that costs. */
export function RateCard({
  form,
  slug,
  rates,
  disabled,
}: {
  form: Form;
  slug: string;
  /** What the saved profile's come to. */
  rates: Schemas['Profile']['rates'];
  disabled: boolean;
}) {
  const t = useStrings(fieldStrings);
  const [pictures, setPictures] = useState(1);
  const { main, other, rate } = useCurves(form, slug);
  const curve = main.data?.curves.find((one) => one.pictures === pictures) ?? main.data?.curves[0];
  if (main.error || main.data === undefined || curve === undefined)
    return (
      <Card title={t('rateTitle')} gap={16}>
        {main.error && <LoadFailed title={t('modelMissing')} error={main.error} />}
        <OddsField name="oneIn" />
        <HeldForField />
      </Card>
    );
  const step = rate === undefined ? undefined : stepAt(curve, rate);
  return (
    <RateChart
      calibration={main.data}
      curve={curve}
      step={step}
      other={other}
      above={
        <div className={styles.rates} aria-busy={main.isPlaceholderData || undefined}>
          <OddsField name="oneIn" />
          {step && <Cost curve={curve} step={step} />}
          <div className={styles.heldFor}>
            <HeldForField />
          </div>
        </div>
      }
      foot={
        <Stack gap={12}>
          {!main.isPlaceholderData && (
            <HeldFor form={form} calibration={main.data} superseded={rates.superseded} />
          )}
          <Basis calibration={main.data} curve={curve} choose={setPictures} />
        </Stack>
      }
    >
      <RateSlider form={form} curve={curve} disabled={disabled} />
    </RateChart>
  );
}

/** A rate as one in so many. */
function OddsField({ name }: { name: 'oneIn' | 'searchOneIn' }) {
  const t = useStrings(fieldStrings);
  return (
    <Field
      name={name}
      as="whole"
      leftSection={<span className="small muted nowrap">{t('oneInPrefix')}</span>}
      leftSectionWidth={52}
    />
  );
}

function HeldForField() {
  const heldFor = useStrings(heldForStrings);
  return (
    <Field
      name="holdsFor"
      options={(['every-group', 'average'] as const).map((value) => ({ value, label: heldFor(value) }))}
    />
  );
}

/** Groups for which the rates hold where that is not what the form says, and by which groups. */
function HeldFor({
  form,
  calibration: { scorer, holdsFor, groups },
  superseded,
}: {
  form: Form;
  calibration: Calibration;
  superseded: Schemas['Profile']['rates']['superseded'];
}) {
  const t = useStrings(fieldStrings);
  const heldFor = useStrings(heldForStrings);
  const textOf = useModelText();
  const wordsOf = useModelWords();
  const odds = useOdds();
  const asked = useWatch({ control: form.control, name: 'holdsFor' });
  return (
    <>
      {asked === 'every-group' && holdsFor === 'average' && (
        <Note kind="warn" title={t('notByGroups', { scorer: wordsOf(scorer.name) })} />
      )}
      {groups && (
        <p className="small muted">
          {t('groups', {
            count: groups.measured.length,
            data: textOf('groups', scorer.id, groups.data),
          })}
        </p>
      )}
      {asked === 'every-group' && superseded && (
        <p className="small muted">
          {t('superseded', {
            scorers: superseded.scorers.join(', '),
            rate: odds(superseded.falseMatchRate),
            heldFor: heldFor('average'),
          })}
        </p>
      )}
    </>
  );
}

/** The figure first, then its interval or that it is extrapolated. */
function Cost({ curve, step }: { curve: Curve; step: Step }) {
  const t = useStrings(fieldStrings);
  const format = useFormat();
  const interval = intervalOf(curve, step);
  return (
    <>
      <div aria-live="polite">
        <b className={styles.large}>{format.percent(step.fnmr)}</b>
        <span className="small muted">{t('refused')}</span>
      </div>
      <div>
        {interval ? (
          <>
            <b className={styles.middle}>
              {`${format.percent(interval.low).replace(/\u00a0%/, '')}–${format.percent(interval.high)}`}
            </b>
            <span className="small muted">{t('interval')}</span>
          </>
        ) : (
          <>
            <Badge kind="warn">{t('extrapolated')}</Badge>
            <span className="small muted">
              {t('extrapolatedHint', { least: format.count(Math.round(1 / curve.measuredDownTo)) })}
            </span>
          </>
        )}
      </div>
    </>
  );
}

function RateChart({
  calibration: { scorer, holdsFor },
  curve,
  step,
  other,
  above,
  foot,
  children,
}: {
  calibration: Calibration;
  curve: Curve;
  step: Step | undefined;
  /** Of another scorer, drawn where it was measured with as many pictures. */
  other: Calibration | undefined;
  above: ReactNode;
  foot: ReactNode;
  children: ReactNode;
}) {
  const t = useStrings(fieldStrings);
  const heldFor = useStrings(heldForStrings);
  const wordsOf = useModelWords();
  const odds = useOdds();
  const format = useFormat();
  const second = other?.curves.find((one) => one.pictures === curve.pictures);
  const refused = step ? format.percent(step.fnmr) : '';
  return (
    <LineChart
      title={t('rateTitle')}
      finding={
        step ? t('finding', { rate: odds(step.fmr), refused, heldFor: heldFor(holdsFor) }) : t('rateTitle')
      }
      above={above}
      foot={foot}
      lines={[
        ...(other && second ? [{ label: wordsOf(other.scorer.name), points: pointsOf(second) }] : []),
        { label: t('line', { scorer: wordsOf(scorer.name) }), main: true, points: pointsOf(curve) },
      ]}
      numbers={{
        head: [t('headRate'), t('headThreshold'), t('headRefused'), t('interval'), t('headBasis')],
        rows: curve.steps.map((one) => {
          const interval = intervalOf(curve, one);
          return [
            odds(one.fmr),
            format.score(one.threshold),
            format.percent(one.fnmr),
            interval ? `${format.percent(interval.low)}–${format.percent(interval.high)}` : '–',
            one.extrapolated ? t('extrapolated') : t('measured'),
          ];
        }),
      }}
      measuredFrom={curve.measuredDownTo}
      at={step?.fmr}
      formatX={(x) => (x >= 0.01 ? odds(x) : format.count(Math.round(1 / x)))}
      formatY={(y) => format.percent(y, 0)}
      beyondLabel={t('beyond')}
    >
      {children}
    </LineChart>
  );
}

const marks = [...stops, MOST].map((oneIn) => ({ value: Math.log10(oneIn) }));

/** Under the curve, on its x axis; the field beside the figure says the same in digits. */
function RateSlider({ form, curve, disabled }: { form: Form; curve: Curve; disabled: boolean }) {
  const t = useStrings(fieldStrings);
  const format = useFormat();
  const oneIn = useWatch({ control: form.control, name: 'oneIn' });
  const at = Math.log10(Math.min(MOST, Math.max(LEAST, Number(oneIn) || LEAST)));
  const step = stepAt(curve, 1 / Number(oneIn));
  const rate = useOdds()(1 / (Number(oneIn) || LEAST));
  return (
    <div className={styles.slider}>
      <Slider
        min={Math.log10(LEAST)}
        max={Math.log10(MOST)}
        step={0.001}
        value={at}
        onChange={(value) =>
          form.setValue('oneIn', Math.round(10 ** value), { shouldDirty: true, shouldValidate: true })
        }
        marks={marks}
        restrictToMarks
        disabled={disabled}
        label={null}
        size="sm"
        thumbSize={20}
        thumbLabel={t('oneInSlider')}
        thumbValueText={step ? t('sliderValue', { rate, refused: format.percent(step.fnmr) }) : rate}
      />
    </div>
  );
}

/** On what the curve rests: data, date, maturity, and the number of pictures it holds for. */
function Basis({
  calibration: { scorer, data, date, shift, curves },
  curve,
  choose,
}: {
  calibration: Calibration;
  curve: Curve;
  choose(pictures: number): void;
}) {
  const t = useStrings(fieldStrings);
  const format = useFormat();
  const textOf = useModelText();
  const level = scorer.maturity as 'proven' | 'alternate' | 'experimental';
  return (
    <Stack gap={12}>
      <NotMeasuredNote scorer={scorer.id} />
      <div className={styles.basis}>
        <p className="small muted">
          {t('measuredOn', {
            data: textOf('data', scorer.id, data),
            date: format.date(date),
            genuine: format.count(curve.genuine),
            impostors: format.count(curve.impostors),
          })}{' '}
          {shift !== 0 && t('shift', { shift: format.score(shift) })} {t('scorerMaturity')}{' '}
          <ModelWords of={scorer.name} /> <Maturity level={level} />
        </p>
        {curves.length > 1 && (
          <NativeSelect
            label={t('pictures')}
            value={String(curve.pictures)}
            onChange={(event) => choose(Number(event.target.value))}
            data={curves.map(({ pictures }) => ({
              value: String(pictures),
              label: t('picturesOf', { count: pictures }),
            }))}
          />
        )}
      </div>
    </Stack>
  );
}

/** Searches over the whole gallery. */
export function SearchCard({ form, slug }: { form: Form; slug: string }) {
  const t = useStrings(fieldStrings);
  const format = useFormat();
  const { main } = useCurves(form, slug);
  return (
    <Card title={t('searchTitle')} gap={12}>
      <div className={styles.rates}>
        <OddsField name="searchOneIn" />
      </div>
      <p className="small muted">
        {t('searchHint')}{' '}
        {main.data &&
          t('safe', {
            safe: format.count(main.data.safePeople),
            people: format.count(main.data.people),
          })}
      </p>
      {main.data && main.data.people > main.data.safePeople && <Note kind="warn" title={t('extrapolated')} />}
    </Card>
  );
}
