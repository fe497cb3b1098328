import { createRoute, type LazyRoute, type Route } from '@tanstack/react-router';
import type { z } from 'zod';
import { rootRoute } from './root-route.ts';
import type { ScreenData } from './screen-data.ts';

type Parent = typeof rootRoute;
type ScreenRoute<Path extends string, Search> = Route<unknown, Parent, Path, Path, string, Path, Search>;

/**
 * A screen at `path`. `load`: its file, with a `Route`, when it is opened; its type would turn in a circle here. `search`: what the address
 * says beside the path.
 */
export function screen<const Path extends string, Search extends z.ZodType | undefined = undefined>(
  path: Path,
  load: () => Promise<object>,
  { search, ...staticData }: ScreenData & { search?: Search } = {},
): ScreenRoute<Path, Search> {
  const route = createRoute({
    getParentRoute: () => rootRoute,
    path: path as string,
    staticData,
    validateSearch: search as undefined,
  });
  const lazy = route.lazy(async () => ((await load()) as { Route: LazyRoute<typeof route> }).Route);
  return lazy as unknown as ScreenRoute<Path, Search>;
}
