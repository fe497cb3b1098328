import { NativeSelect, Popover, TextInput } from '@mantine/core';
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
  /** The one filter that is a text field of its own. */
  search?: { key: string; label: string };
  /** At the right end. */
  children?: ReactNode;
}) {
  const t = useStrings(uiStrings);
  const isPhone = useMediaQuery('(max-width: 40em)');
  const [open, setOpen] = useState(false);
  const set = countSet(filters, values);
  const shown = !isPhone || open;
  return (
    <>
      {search && (
        <SearchField
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
function SearchField({
  label,
  value,
  change,
}: {
  label: string;
  value: string;
  change(value: string): void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => change(text.trim()), 350);
    return () => clearTimeout(timer);
  });
  return (
    <TextInput
      className={styles.search}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={18} stroke={1.75} aria-hidden="true" />}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && change(text.trim())}
    />
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
  const t = useStrings(uiStrings);
  const textOf = useValueText();
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} trapFocus returnFocus position="bottom-start">
      <span className={styles.chip}>
        <Popover.Target>
          <button type="button" onClick={() => setOpen(!open)}>
            <span className="clip">
              {filter.label} <b>{textOf(filter, value)}</b>
            </span>
          </button>
        </Popover.Target>
        <button
          type="button"
          aria-label={t('removeFilter', { name: filter.label })}
          onClick={() => change({ [filter.key]: undefined })}
        >
          <IconX size={14} stroke={2} aria-hidden="true" />
        </button>
      </span>
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
