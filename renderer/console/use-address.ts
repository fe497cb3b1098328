import { useNavigate } from '@tanstack/react-router';
import type { FilterValues } from '../ui/tables/filter-bar.tsx';
import { type Pages, usePages } from '../ui/tables/use-pages.ts';

/** Pages whose cursor is `after` in the address. */
export function useAddressPages(after: string | undefined): Pages {
  const navigate = useNavigate();
  return usePages(
    after,
    (cursor) => void navigate({ to: '.', search: (now) => ({ ...now, after: cursor }) }),
  );
}

/** Changes filters in the address. A change begins at the first page. */
export function useAddressFilters(): (patch: FilterValues) => void {
  const navigate = useNavigate();
  return (patch) => void navigate({ to: '.', search: (now) => ({ ...now, ...patch, after: undefined }) });
}
