import { useNavigate } from '@tanstack/react-router';
import type { FilterValues } from '../ui/tables/filter-bar.tsx';
import { type Pages, usePages } from '../ui/tables/use-pages.ts';
import { useWorld } from './session/session-query.ts';

/** Pages whose cursor is `after` in the address. */
export function useAddressPages(after: string | undefined): Pages {
  const navigate = useNavigate();
  return usePages(
    after,
    (cursor) => void navigate({ to: '.', search: (now) => ({ ...now, after: cursor }) }),
  );
}

/** Filters in the address. A change begins at the first page; without any, the world stays. */
export function useAddressFilters() {
  const navigate = useNavigate();
  const env = useWorld();
  return {
    change: (patch: FilterValues) =>
      void navigate({ to: '.', search: (now) => ({ ...now, ...patch, after: undefined }) }),
    clear: () => void navigate({ to: '.', search: env === 'test' ? { env } : {} }),
  };
}
