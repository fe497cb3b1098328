import { Autocomplete, NativeSelect, Popover, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconFilter, IconSearch, IconX } from '@tabler/icons-react';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { Button } from '../controls/button.tsx';
import { Stack } from '../layout/layout.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useFormat } from '../strings/use-format.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './table.module.css';

/** One filter: its name in the address, its name for the reader, and what it may be. */
export type Filter =
  | {
      key: string;
      label: string;
      kind: 'choice';
      options: readonly { value: string; label: string }[];
    }
  | { key: string; label: string; kind: 'text'; hint?: string }
  /** A day, `2026-11-20`. */
  | { key: string; label: string; kind: 'day' };

export type FilterValues = Readonly<Record<string, string | undefined>>;

/** The one filter that is a text field of its own. `Field`: another than plain text. */
export interface Search {
  key: string;
  label: string;
  Field?: (props: SearchFieldProps) => ReactNode;
}
export interface SearchFieldProps {
  label: string;
  value: string;
  change(value: string): void;
}

/** How many of the filters are set. */
export const countSet = (filters: readonly Filter[], values: FilterValues): number =>
  filters.filter(({ key }) => values[key] !== undefined && values[key] !== '').length;

/**
 * Search, what is set as chips, and "Add filter"; on phones one button with the count. The values live in the address: `change` gets what
 * is to be another, undefined for what is taken away.
 */
export function FilterBar({
  filters,
  values,
  change,
  search,
  children,
}: {
  filters: readonly Filter[];
  values: FilterValues;
  change(patch: FilterValues): void;
  search?: Search | undefined;
  /** At the right end. */
  children?: ReactNode;
}) {
  const t = useStrings(uiStrings);
  const isPhone = useMediaQuery('(max-width: 40em)');
  const [open, setOpen] = useState(false);
  const set = countSet(filters, values);
  const shown = !isPhone || open;
  const Field = search?.Field ?? SearchField;
  return (
    <>
      {search && (
        <Field
          label={search.label}
          value={values[search.key] ?? ''}
          change={(value) => change({ [search.key]: value || undefined })}
        />
      )}
      {isPhone && filters.length > 0 && (
        <Button aria-expanded={open} onClick={() => setOpen(!open)} icon={IconFilter}>
          {set > 0 ? t('filters', { count: set }) : t('filtersNone')}
        </Button>
      )}
      {shown &&
        filters
          .filter(({ key }) => values[key])
          .map((filter) => (
            <FilterChip key={filter.key} filter={filter} value={values[filter.key] ?? ''} change={change} />
          ))}
      {shown && set < filters.length && (
        <AddFilter filters={filters.filter(({ key }) => !values[key])} change={change} />
      )}
      {children !== undefined && <div className={styles.end}>{children}</div>}
    </>
  );
}

/** Searches when the reader stops typing, and on Enter at once. */
function SearchField({ label, value, change }: SearchFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => change(text.trim()), 350);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      {...searchInput(label)}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && change(text.trim())}
    />
  );
}

const searchInput = (label: string) => ({
  className: styles.search,
  type: 'search',
  'aria-label': label,
  placeholder: label,
  leftSection: <IconSearch size={18} stroke={1.75} aria-hidden="true" />,
});

/** Offers what is found by the text: one of it is chosen, or the text is sent by Enter where nothing is offered. */
export function OfferingField({
  label,
  text,
  setText,
  offers,
  choose,
  change,
}: {
  label: string;
  text: string;
  setText(text: string): void;
  /** No two with one label. */
  offers: readonly { value: string; label: string }[];
  choose(value: string): void;
  change(text: string): void;
}) {
  return (
    <Autocomplete
      {...searchInput(label)}
      value={text}
      onChange={(next) => {
        setText(next);
        if (next === '') change('');
      }}
      data={offers.map((offer) => offer.label)}
      filter={({ options }) => options}
      selectFirstOptionOnChange
      maxLength={254}
      onOptionSubmit={(chosen) => {
        const offer = offers.find((one) => one.label === chosen);
        if (offer) choose(offer.value);
      }}
      onKeyDown={(event) => event.key === 'Enter' && offers.length === 0 && change(text.trim())}
    />
  );
}

/** What a filter is set to, and the way to take it off. */
export function SetChip({ name, children, remove }: { name: string; children: ReactNode; remove(): void }) {
  const t = useStrings(uiStrings);
  return (
    <span className={styles.chip}>
      {children}
      <button type="button" aria-label={t('removeFilter', { name })} onClick={remove}>
        <IconX size={14} stroke={2} aria-hidden="true" />
      </button>
    </span>
  );
}

function useValueText(): (filter: Filter, value: string) => string {
  const format = useFormat();
  return (filter, value) => {
    if (filter.kind === 'choice') return filter.options.find((one) => one.value === value)?.label ?? value;
    return filter.kind === 'day' ? format.date(`${value}T12:00:00`) : value;
  };
}

function FilterChip({
  filter,
  value,
  change,
}: {
  filter: Filter;
  value: string;
  change(patch: FilterValues): void;
}) {
  const textOf = useValueText();
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-start">
      <SetChip name={filter.label} remove={() => change({ [filter.key]: undefined })}>
        <Popover.Target>
          <button type="button" onClick={() => setOpen(!open)}>
            <span className="clip">
              {filter.label} <b>{textOf(filter, value)}</b>
            </span>
          </button>
        </Popover.Target>
      </SetChip>
      <Popover.Dropdown>
        <FilterEditor filter={filter} value={value} change={change} done={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function AddFilter({ filters, change }: { filters: readonly Filter[]; change(patch: FilterValues): void }) {
  const t = useStrings(uiStrings);
  const [open, setOpen] = useState(false);
  const [key, setKey] = useState<string>();
  const chosen = filters.find((one) => one.key === key) ?? filters[0];
  if (!chosen) return null;
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-start">
      <Popover.Target>
        <Button kind="quiet" small onClick={() => setOpen(!open)} icon={IconFilter}>
          {t('addFilter')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={12}>
          <NativeSelect
            aria-label={t('addFilter')}
            value={chosen.key}
            onChange={(event) => setKey(event.target.value)}
            data={filters.map((one) => ({ value: one.key, label: one.label }))}
          />
          <FilterEditor
            key={chosen.key}
            filter={chosen}
            value=""
            change={change}
            done={() => setOpen(false)}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function FilterEditor({
  filter,
  value,
  change,
  done,
}: {
  filter: Filter;
  value: string;
  change(patch: FilterValues): void;
  done(): void;
}) {
  const t = useStrings(uiStrings);
  const first = filter.kind === 'choice' ? (filter.options[0]?.value ?? '') : '';
  const [text, setText] = useState(value || first);
  const apply = (event: FormEvent) => {
    event.preventDefault();
    change({ [filter.key]: text.trim() || undefined });
    done();
  };
  return (
    <form onSubmit={apply}>
      <Stack gap={12}>
        {filter.kind === 'choice' ? (
          <NativeSelect
            label={filter.label}
            value={text}
            data={[...filter.options]}
            onChange={(event) => setText(event.target.value)}
          />
        ) : (
          <TextInput
            label={filter.label}
            description={filter.kind === 'text' ? filter.hint : undefined}
            type={filter.kind === 'day' ? 'date' : 'text'}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        <Button type="submit" kind="primary" small>
          {t('apply')}
        </Button>
      </Stack>
    </form>
  );
}
